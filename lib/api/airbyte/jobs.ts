import type { StreamName } from '#lib/catalog.ts';
import type { SyncKind } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { countJobs, getJob, type Job, type JobFilter, listJobs } from '#lib/sync/jobs.ts';
import { cancelSync, startSync, syncLog } from '#lib/sync/syncs.ts';
import { badRequest } from '../failures.ts';
import {
  assertWorkspace,
  assertWorkspaceIds,
  type Call,
  type ConfigRoute,
  idIn,
  invalid,
  isUuid,
  jobIdOf,
  listed,
  listOf,
  objectOf,
  type PublicRoute,
  pageOf,
  textOf,
  unsupported,
} from './call.ts';
import { readKind, readStatus, toJobInfo, toPublicJob } from './job-shapes.ts';
import { findConnection } from './save-connection.ts';

/** Lines of a job's log that one answer holds, the oldest first. */
const LOG_LINES = 5_000;
const PAGE = { usual: 200, most: 1_000 };
const byConnection: JsonObject = {
  type: 'object',
  required: ['connectionId'],
  properties: { connectionId: { type: 'string' } },
};
const byId: JsonObject = { type: 'object', required: ['id'], properties: { id: { type: ['integer', 'string'] } } };
const oneInfo = async (call: Call) => infoOf(call, await byIdIn(call, call.body.id));
const light = async (call: Call) => toJobInfo(await byIdIn(call, call.body.id), () => []);

export const configRoutes: ConfigRoute[] = [
  start('connections/sync', 'sync', 'Starts a sync'),
  start('connections/reset', 'reset', 'Empties the tables and forgets the states'),
  start('connections/clear', 'clear', 'Empties the tables and forgets the states'),
  start('connections/reset/stream', 'reset', 'Empties the tables of these streams'),
  start('connections/clear/stream', 'clear', 'Empties the tables of these streams'),
  start(
    'connections/refresh',
    'refresh',
    'Reads these streams from the beginning; refreshMode Merge keeps what is there, Truncate replaces it',
  ),
  { verb: 'jobs/get', role: 'viewer', summary: 'One job with its log', input: byId, handle: oneInfo },
  { verb: 'jobs/get_debug_info', role: 'viewer', summary: 'One job with its log', input: byId, handle: oneInfo },
  { verb: 'jobs/get_without_logs', role: 'viewer', summary: 'One job', input: byId, handle: light },
  { verb: 'jobs/get_light', role: 'viewer', summary: 'One job', input: byId, handle: light },
  {
    verb: 'jobs/get_last_replication_job',
    role: 'viewer',
    summary: 'The newest job of a connection',
    input: byConnection,
    handle: async (call) => {
      const [job] = await jobsOf(call, { limit: 1 });
      return job ? await infoOf(call, job) : {};
    },
  },
  {
    verb: 'jobs/cancel',
    role: 'editor',
    action: 'sync.cancel',
    summary: 'Asks a job to end; one that has ended stays as it is',
    input: byId,
    handle: async (call) => infoOf(call, await cancel(call, call.body.id)),
  },
  {
    verb: 'jobs/list',
    role: 'viewer',
    summary: 'The jobs of a connection, newest first',
    input: { type: 'object', properties: { configTypes: { type: 'array' }, configId: { type: 'string' } } },
    handle: list,
  },
];

export const publicRoutes: PublicRoute[] = [
  {
    route: 'GET /jobs',
    role: 'viewer',
    summary: 'The jobs, by pages, oldest first unless orderBy says otherwise',
    handle: async (call) => {
      assertWorkspaceIds(call);
      const { limit, offset } = pageOf(call.query);
      const filter = { ...publicFilter(call.query), limit: limit + 1, offset };
      return listed(call, 'jobs', await listJobs(call.context, call.identity.workspaceId, filter), toPublicJob);
    },
  },
  {
    route: 'POST /jobs',
    role: 'editor',
    action: 'connection.sync',
    summary: 'Starts a sync, a reset or a clear of a connection',
    input: {
      type: 'object',
      required: ['connectionId', 'jobType'],
      properties: { connectionId: { type: 'string' }, jobType: { enum: ['sync', 'reset', 'clear'] } },
    },
    handle: createPublic,
  },
  {
    route: 'GET /jobs/:jobId',
    role: 'viewer',
    summary: 'One job',
    handle: async (call) => toPublicJob(await byIdIn(call, call.params.jobId)),
  },
  {
    route: 'DELETE /jobs/:jobId',
    role: 'editor',
    action: 'sync.cancel',
    summary: 'Asks a job to end; one that has ended stays as it is',
    handle: async (call) => toPublicJob(await cancel(call, call.params.jobId)),
  },
];

function start(verb: string, kind: SyncKind, summary: string): ConfigRoute {
  return {
    verb,
    role: 'editor',
    action: `connection.${kind}`,
    summary,
    input: byConnection,
    handle: async (call) => {
      const connectionId = idIn(call.body, 'connectionId', 'connection');
      return infoOf(call, await begin(call, connectionId, kind, streamsIn(call.body)));
    },
  };
}

async function createPublic(call: Call): Promise<JsonObject> {
  const kind = readKind(textOf(call.body, 'jobType'));
  if (kind === undefined) throw badRequest('jobType is sync, reset or clear.');
  if (kind === 'refresh')
    throw unsupported('A refresh is not started here.', 'Use connections/refresh of the Config API.');
  return toPublicJob(await begin(call, idIn(call.body, 'connectionId', 'connection'), kind, streamsIn(call.body)));
}

/** A paused connection is not synced; its tables may be cleared. */
async function begin(
  call: Call,
  connectionId: string,
  kind: SyncKind,
  onlyStreams: readonly StreamName[] | null,
): Promise<Job> {
  const { context, identity } = call;
  const connection = await findConnection(call, connectionId);
  if (connection.status !== 'active' && (kind === 'sync' || kind === 'refresh')) throw inactive(connectionId);
  // Truncate replaces what is there when the new generation is whole; Merge, and who says nothing, keeps it.
  const task = { kind: 'refresh', keepHistory: call.body.refreshMode !== 'Truncate' } as const;
  const order = { kind, onlyStreams, ...(kind === 'refresh' && { task }) };
  const { syncId } = await startSync(context, identity.workspaceId, connectionId, 'api', order);
  call.about(`sync:${syncId}`);
  return getJob(context, identity.workspaceId, syncId);
}

async function cancel(call: Call, id: JsonValue | undefined): Promise<Job> {
  const { context, identity } = call;
  const job = await byIdIn(call, id);
  await cancelSync(context, identity.workspaceId, job.id, identity.actor);
  call.about(`sync:${job.id}`);
  return getJob(context, identity.workspaceId, job.id);
}

/** @throws WeirError `invalid_input` for what is no page */
function pageIn({ pageSize, rowOffset }: JsonObject): { limit: number; offset: number } {
  const [limit, offset] = [Number(pageSize ?? PAGE.usual), Number(rowOffset ?? 0)];
  const issues = [
    ...(Number.isSafeInteger(limit) && limit >= 0 ? [] : [{ path: 'pagination.pageSize', message: 'A whole number.' }]),
    ...(Number.isSafeInteger(offset) && offset >= 0
      ? []
      : [{ path: 'pagination.rowOffset', message: 'A whole number.' }]),
  ];
  if (issues.length > 0) throw invalid(issues);
  return { limit: Math.min(limit || PAGE.usual, PAGE.most), offset };
}

async function list(call: Call): Promise<JsonObject> {
  const { body, context, identity } = call;
  assertWorkspace(call, body.workspaceId);
  const filter = configFilter(body);
  if (filter === null) return { jobs: [], totalJobCount: 0 };
  const page = {
    ...pageIn(objectOf(body.pagination)),
    descending: body.orderByMethod !== 'ASC',
  };
  const [jobs, totalJobCount] = await Promise.all([
    listJobs(context, identity.workspaceId, { ...filter, ...page }),
    countJobs(context, identity.workspaceId, filter),
  ]);
  return { jobs: jobs.map((job) => toJobInfo(job, () => [])), totalJobCount };
}

/** Null where nothing can be found: an id that is none, or kinds of jobs that Weir does not keep. */
function configFilter(body: JsonObject): JobFilter | null {
  const types = listOf(body.configTypes);
  const kinds = types.flatMap((type) => readKind(String(type)) ?? []);
  const statuses = listOf(body.statuses).flatMap((status) => readStatus(String(status)) ?? []);
  const configId = body.configId === undefined || body.configId === null ? undefined : String(body.configId);
  if ((types.length > 0 && kinds.length === 0) || (configId !== undefined && !isUuid(configId))) return null;
  return {
    ...(configId !== undefined && { connectionId: configId }),
    ...(kinds.length > 0 && { kinds }),
    ...(statuses.length > 0 && { statuses }),
    ...timesOf((name) => (typeof body[name] === 'string' ? body[name] : undefined)),
    orderBy: body.orderByField === 'updatedAt' ? 'updatedAt' : 'createdAt',
  };
}

function publicFilter(query: URLSearchParams): JobFilter {
  const [connectionId, status, type] = [query.get('connectionId'), query.get('status'), query.get('jobType')];
  const [, field, direction] =
    /^(createdAt|updatedAt)\|(ASC|DESC)$/.exec(query.get('orderBy') ?? 'createdAt|ASC') ?? [];
  if (field === undefined)
    throw badRequest('orderBy is createdAt|ASC, createdAt|DESC, updatedAt|ASC or updatedAt|DESC.');
  if (connectionId && !isUuid(connectionId)) throw badRequest('connectionId takes a uuid.');
  const statuses = status ? readStatus(status) : undefined;
  if (status && !statuses) throw badRequest(`There is no status ${status}.`);
  const kind = type ? readKind(type) : undefined;
  if (type && !kind) throw badRequest(`There is no jobType ${type}.`);
  return {
    ...(connectionId && { connectionId }),
    ...(statuses && { statuses }),
    ...(kind && { kinds: [kind] }),
    ...timesOf((name) => query.get(name) ?? undefined),
    orderBy: field as 'createdAt' | 'updatedAt',
    descending: direction === 'DESC',
  };
}

const TIMES = {
  createdAtStart: 'createdFrom',
  createdAtEnd: 'createdTo',
  updatedAtStart: 'updatedFrom',
  updatedAtEnd: 'updatedTo',
} as const;

function timesOf(read: (name: string) => string | undefined): JobFilter {
  return Object.fromEntries(
    Object.entries(TIMES).flatMap(([name, field]) => {
      const text = read(name);
      if (!text) return [];
      // A plus that was not encoded arrives as a blank.
      const time = new Date(text.replace(' ', '+'));
      if (Number.isNaN(time.getTime())) throw badRequest(`${name} takes a time such as 2026-01-31T00:00:00Z.`);
      return [[field, time]];
    }),
  );
}

async function jobsOf(call: Call, page: { limit: number }): Promise<Job[]> {
  const connectionId = idIn(call.body, 'connectionId', 'connection');
  await findConnection(call, connectionId);
  return listJobs(call.context, call.identity.workspaceId, { ...page, connectionId, descending: true });
}

function byIdIn({ context, identity }: Call, id: JsonValue | undefined): Promise<Job> {
  return getJob(context, identity.workspaceId, jobIdOf(id));
}

async function infoOf({ context, identity }: Call, job: Job): Promise<JsonObject> {
  const lines = await syncLog(context, identity.workspaceId, job.id, 0, LOG_LINES);
  return toJobInfo(job, (number) =>
    lines
      .filter(({ attempt }) => attempt === number)
      .map(({ at, level, stream, message }) =>
        [at.toISOString(), level.toUpperCase(), stream && `${stream}:`, message].filter(Boolean).join(' '),
      ),
  );
}

/** Null means all streams: a client that names none means that. */
function streamsIn(body: JsonObject): StreamName[] | null {
  const named = listOf(body.streams).flatMap((item) => {
    const { streamName, streamNamespace, name, namespace } = objectOf(item);
    const text = streamName ?? name;
    return typeof text === 'string' ? [{ name: text, namespace: String(streamNamespace ?? namespace ?? '') }] : [];
  });
  return named.length > 0 ? named : null;
}

function inactive(connectionId: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'connection_inactive',
    message: `The connection ${connectionId} is paused.`,
    hint: 'Set its status to active first.',
  });
}
