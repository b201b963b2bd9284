import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import { type Issue, WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { cleanJsonText } from '#lib/records/index.ts';
import { describeCompiled, type ManifestReading, readManifest } from './manifests.ts';
import { inUse, isStillReferenced, nameIssues, notFound, refuseIssues, withFreeName } from './refusals.ts';

export interface ConnectorSummary {
  readonly id: string;
  readonly name: string;
  /** Number of the newest version; null while there is only a draft. */
  readonly version: number | null;
  readonly versionAt: Date | null;
  readonly hasDraft: boolean;
  readonly sources: number;
  /** Names of the connections whose sources are made from it. */
  readonly connections: readonly string[];
  readonly streams: readonly string[];
  /** Of the connections whose last sync failed, the newest failure. */
  readonly lastError: ConnectorError | null;
  readonly createdAt: Date;
}

/** Why a sync of a connector's stream failed. */
export interface ConnectorError {
  readonly message: string;
  readonly connection: { readonly id: string; readonly name: string };
  readonly syncId: number;
  /** As Postgres writes a time in JSON. */
  readonly at: string | null;
}

export interface Connector {
  readonly id: string;
  readonly name: string;
  readonly draft: string | null;
  readonly draftAt: Date | null;
  readonly createdAt: Date;
  readonly latest: ConnectorVersion | null;
  /** Newest first, without their texts, each with the connections that stay with it. */
  readonly versions: readonly (Omit<ConnectorVersion, 'manifest' | 'spec' | 'streams'> & {
    readonly pinnedBy: readonly { readonly id: string; readonly name: string }[];
  })[];
  readonly sources: readonly { id: string; name: string }[];
}

export interface ConnectorVersion {
  readonly id: string;
  readonly version: number;
  readonly manifest: string;
  /** JSON schema of the config. */
  readonly spec: JsonObject;
  readonly streams: readonly string[];
  readonly note: string | null;
  /** Why it was saved although tests of it fail. */
  readonly failingReason: string | null;
  readonly createdBy: string | null;
  readonly createdAt: Date;
}

export async function listConnectors({ db }: { db: Db }, workspaceId: string): Promise<ConnectorSummary[]> {
  const { rows } = await sql<ConnectorSummary>`
    select c.id, c.name, v.version, v.created_at as "versionAt", c.draft is not null as "hasDraft",
      (select count(*)::int from source s where s.connector_id = c.id) as sources,
      coalesce((select jsonb_agg(k.name order by lower(k.name)) from connection k join source s on s.id = k.source_id
        where s.connector_id = c.id and k.status <> 'deprecated'), '[]') as connections,
      (select jsonb_build_object('message', y.failure ->> 'message', 'syncId', y.id, 'at', y.finished_at,
          'connection', jsonb_build_object('id', k.id, 'name', k.name))
        from connection k
        join source s on s.id = k.source_id
        cross join lateral (
          select id, failure, finished_at from syncs
          where connection_id = k.id and status in ('succeeded', 'partial', 'failed', 'cancelled') order by id desc limit 1
        ) y
        where s.connector_id = c.id and k.status <> 'deprecated' and y.failure is not null
        order by y.finished_at desc nulls last limit 1) as "lastError",
      coalesce((select jsonb_agg(s ->> 'name') from json_array_elements(v.compiled -> 'streams') s), '[]') as streams,
      c.created_at as "createdAt"
    from connector c
    left join lateral (
      select version, created_at, compiled from connector_version where connector_id = c.id order by version desc limit 1
    ) v on true
    where c.workspace_id = ${workspaceId}
    order by lower(c.name)`.execute(db);
  return rows;
}

export async function getConnector({ db }: { db: Db }, workspaceId: string, id: string): Promise<Connector> {
  const connector = await findConnector(db, workspaceId, id);
  if (!connector) throw notFound('connector');
  const [versions, latest, sources] = await Promise.all([
    versionsOf(db, id),
    latestVersion({ db }, workspaceId, id),
    sourcesOf(db, id),
  ]);
  return { ...connector, versions, latest, sources };
}

/** A connector without a version: its manifest is a draft until somebody saves one. */
export async function createConnector(
  { db }: { db: Db },
  workspaceId: string,
  { name, manifest }: { name: string; manifest?: string },
): Promise<{ id: string }> {
  refuseIssues('The connector was not made.', nameIssues(name));
  return withFreeName('connector', name, () =>
    db
      .insertInto('connector')
      .values({
        workspace_id: workspaceId,
        name: name.trim(),
        draft: manifest ?? null,
        draft_at: manifest === undefined ? null : new Date(),
      })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
}

export async function renameConnector(
  { db }: { db: Db },
  workspaceId: string,
  id: string,
  name: string,
): Promise<void> {
  refuseIssues('The connector was not renamed.', nameIssues(name));
  const result = await withFreeName('connector', name, () =>
    db
      .updateTable('connector')
      .set({ name: name.trim() })
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .executeTakeFirst(),
  );
  if (result.numUpdatedRows === 0n) throw notFound('connector');
}

/**
 * Keeps what is in the editor, right or wrong. `basedOn` is the time of the draft that the editor began from (null for none): had somebody
 * else written one since, theirs would be overwritten unseen. Without it the draft is written whatever there is.
 * @throws WeirError `newer_draft`
 */
export async function saveDraft(
  { db, clock }: { db: Db; clock: () => Date },
  workspaceId: string,
  id: string,
  { manifest, basedOn }: { manifest: string; basedOn?: string | null },
): Promise<{ draftAt: Date }> {
  const draftAt = clock();
  const begun = typeof basedOn === 'string' ? new Date(basedOn) : basedOn;
  if (begun && Number.isNaN(begun.getTime())) throw newerDraft();
  const write = db
    .updateTable('connector')
    .set({ draft: manifest, draft_at: draftAt })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id);
  const { numUpdatedRows } = await (begun === undefined
    ? write
    : write.where(sql<boolean>`date_trunc('milliseconds', draft_at) is not distinct from ${begun}::timestamptz`)
  ).executeTakeFirst();
  if (numUpdatedRows > 0n) return { draftAt };
  throw (await findConnector(db, workspaceId, id)) ? newerDraft() : notFound('connector');
}

interface NewVersion {
  readonly manifest: string;
  readonly note?: string | null;
  readonly failingReason?: string | null;
  readonly basedOn: number | null;
  readonly by: string;
  /** What the connector is called from now on; it keeps its name when absent, and when the version is refused. */
  readonly name?: string;
}

/**
 * Saves the manifest as the next version; versions never change. `basedOn` is the version that the editor began from
 * (null for none): had somebody else saved one since, theirs would be overwritten unseen.
 * @throws WeirError `invalid_manifest` with its issues, `newer_version`, `name_taken`
 */
export async function saveVersion(
  { db }: { db: Db },
  workspaceId: string,
  connectorId: string,
  input: NewVersion,
  { compiled, issues }: ManifestReading = readManifest(input.manifest),
): Promise<{ version: number; issues: readonly Issue[] }> {
  if (compiled === null) throw invalidManifest(issues);
  const stored = JSON.stringify(compiled);
  // As json it would be taken, and no list of connectors could be read any more.
  if (stored !== cleanJsonText(stored)) throw invalidManifest([NOT_HELD]);
  return db.transaction().execute(async (trx) => {
    if (!(await lockConnector(trx, workspaceId, connectorId))) throw notFound('connector');
    const newest = (await latestVersion({ db: trx }, workspaceId, connectorId))?.version ?? 0;
    if (newest > (input.basedOn ?? 0)) throw newerVersion(newest, input.basedOn);
    if (input.name !== undefined) await renameConnector({ db: trx }, workspaceId, connectorId, input.name);
    const version = newest + 1;
    await trx
      .insertInto('connector_version')
      .values({
        workspace_id: workspaceId,
        connector_id: connectorId,
        version,
        manifest: input.manifest,
        compiled: stored,
        note: input.note ?? null,
        failing_reason: input.failingReason ?? null,
        created_by: input.by,
      })
      .execute();
    await trx.updateTable('connector').set({ draft: null, draft_at: null }).where('id', '=', connectorId).execute();
    return { version, issues };
  });
}

/** @throws WeirError `in_use`, which names the sources */
export async function deleteConnector({ db }: { db: Db }, workspaceId: string, id: string): Promise<void> {
  if (!(await findConnector(db, workspaceId, id))) throw notFound('connector');
  const used = async () => (await sourcesOf(db, id)).map(({ name }) => name);
  const names = await used();
  if (names.length > 0) throw inUse('connector', names.length > 1 ? 'the sources' : 'the source', names);
  try {
    const { numDeletedRows } = await db
      .deleteFrom('connector')
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw notFound('connector');
  } catch (error) {
    throw isStillReferenced(error) ? inUse('connector', 'the source', await used()) : error;
  }
}

/** The newest version with its text, its spec and the names of its streams; null while there is only a draft. */
export async function latestVersion(
  { db }: { db: Db },
  workspaceId: string,
  connectorId: string,
): Promise<ConnectorVersion | null> {
  const row = await selectVersion(db, workspaceId, connectorId).orderBy('version', 'desc').limit(1).executeTakeFirst();
  return row ? toVersion(row) : null;
}

/** The newest version as the engine reads it; null while there is only a draft. */
export async function compiledOf(
  { db }: { db: Db },
  workspaceId: string,
  connectorId: string,
): Promise<JsonObject | null> {
  const row = await selectVersion(db, workspaceId, connectorId).orderBy('version', 'desc').limit(1).executeTakeFirst();
  return row?.compiled ?? null;
}

export async function getConnectorVersion(
  { db }: { db: Db },
  workspaceId: string,
  connectorId: string,
  version: number,
): Promise<ConnectorVersion> {
  const row = await selectVersion(db, workspaceId, connectorId).where('version', '=', version).executeTakeFirst();
  if (!row) throw notFound('version');
  return toVersion(row);
}

function toVersion({ compiled, ...row }: { compiled: JsonObject } & Omit<ConnectorVersion, 'spec' | 'streams'>) {
  return { ...row, ...describeCompiled(compiled) };
}

function selectVersion(db: Db, workspaceId: string, connectorId: string) {
  return db
    .selectFrom('connector_version')
    .select([
      'id',
      'version',
      'manifest',
      'compiled',
      'note',
      'failing_reason as failingReason',
      'created_by as createdBy',
      'created_at as createdAt',
    ])
    .where('workspace_id', '=', workspaceId)
    .where('connector_id', '=', connectorId);
}

function findConnector(db: Db, workspaceId: string, id: string) {
  return db
    .selectFrom('connector')
    .select(['id', 'name', 'draft', 'draft_at as draftAt', 'created_at as createdAt'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
}

function lockConnector(db: Db, workspaceId: string, id: string) {
  return db
    .selectFrom('connector')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

async function versionsOf(db: Db, connectorId: string) {
  const [versions, pins] = await Promise.all([
    db
      .selectFrom('connector_version')
      .select([
        'id',
        'version',
        'note',
        'failing_reason as failingReason',
        'created_by as createdBy',
        'created_at as createdAt',
      ])
      .where('connector_id', '=', connectorId)
      .orderBy('version', 'desc')
      .execute(),
    pinsOf(db, connectorId),
  ]);
  return versions.map((row) => ({
    ...row,
    pinnedBy: pins.filter(({ version }) => version === row.version).map(({ id, name }) => ({ id, name })),
  }));
}

function pinsOf(db: Db, connectorId: string) {
  return db
    .selectFrom('connection')
    .innerJoin('source', 'source.id', 'connection.source_id')
    .select(['connection.id', 'connection.name', 'connection.connector_version as version'])
    .where('source.connector_id', '=', connectorId)
    .where('connection.connector_version', 'is not', null)
    .orderBy('connection.name')
    .execute();
}

function sourcesOf(db: Db, connectorId: string) {
  return db
    .selectFrom('source')
    .select(['id', 'name'])
    .where('connector_id', '=', connectorId)
    .orderBy('name')
    .execute();
}

const NOT_HELD: Issue = {
  path: '',
  message: 'One of its texts holds \\0 or one of \\ud800 to \\udfff, which are no characters that a database holds.',
};

function invalidManifest(issues: readonly Issue[]): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'invalid_manifest',
    message: `The manifest has ${issues.length === 1 ? 'a problem' : `${issues.length} problems`}: no version was saved.`,
    hint: 'The draft is kept.',
    issues,
  });
}

function newerDraft(): WeirError {
  return new WeirError({
    ...{
      kind: 'config',
      code: 'newer_draft',
      message: 'Somebody else has changed this connector since you opened it.',
    },
    hint: 'Compare theirs with yours, and choose one.',
  });
}

function newerVersion(newest: number, basedOn: number | null): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'newer_version',
    message: `Version ${newest} was saved since you began from ${basedOn === null ? 'none' : `version ${basedOn}`}.`,
    hint: 'Compare it with yours, then save on top of it.',
  });
}
