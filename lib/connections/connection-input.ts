import { BAD_VALUES, type BadValues, type ConfiguredStream } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import { type QuarantineLimit, SCHEMA_POLICIES, type Schedule, type SchemaPolicy } from '#lib/db/schema.ts';
import type { Env } from '#lib/env.ts';
import type { Issue } from '#lib/errors.ts';
import { scheduleIssues } from '#lib/jobs/due-times.ts';
import { destinationKind } from './destinations.ts';
import { nameIssues, refuseIssues } from './refusals.ts';
import { streamIssues } from './stream-issues.ts';

export type ConnectionStatus = 'active' | 'inactive' | 'deprecated';
export type NamespaceDefinition = 'source' | 'destination' | 'custom';

export interface ConnectionInput {
  readonly name: string;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly namespaceDefinition: NamespaceDefinition;
  /** For `custom`: text with `${SOURCE_NAMESPACE}`. */
  readonly namespaceFormat: string | null;
  readonly prefix: string;
  readonly schedule: Schedule;
  /** Null means twice the schedule's interval. */
  readonly freshnessTargetMinutes: number | null;
  readonly status: ConnectionStatus;
  /** What becomes of fields and streams that the connection does not know. */
  readonly schemaChanges: SchemaPolicy;
  /** What becomes of values that do not fit their column. */
  readonly badValues: BadValues;
  /** More rows in quarantine fail the stream; null without a limit. */
  readonly quarantineLimit: QuarantineLimit | null;
  /** Who answers for it: a person or a team; alert rules ask for it. */
  readonly owner: string | null;
  /** The version of the source's connector that it stays with; null follows the newest. */
  readonly connectorVersion: number | null;
  /** Most memory of one sync in MB; null for what the worker gives every sync. */
  readonly memoryMb: number | null;
  /** Most CPU of one sync in cores, such as 0.5; null for what the worker gives every sync. */
  readonly cpuCores: number | null;
  readonly streams: readonly ConfiguredStream[];
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
const SOURCE_NAMESPACE = '${SOURCE_NAMESPACE}';
const PREFIX_LENGTH = 40;
const OWNER_LENGTH = 200;
const MOST_TARGET_MINUTES = 366 * 1440;
/** A process needs about as much to begin. */
const LEAST_MEMORY_MB = 128;
const MOST_MEMORY_MB = 65_536;
const LEAST_CPU_CORES = 0.1;
const MOST_CPU_CORES = 64;

/**
 * What a connection is already is not held against it: the operator may have allowed more then.
 * @throws WeirError `invalid_input` with all that is wrong
 */
export async function assertValidConnection(
  { db, env }: { readonly db: Db; readonly env: Pick<Env, 'mostSyncCpuCores'> },
  workspaceId: string,
  input: ConnectionInput,
  current?: Pick<ConnectionInput, 'cpuCores'>,
): Promise<void> {
  const [source, destination, version] = await Promise.all([
    findSource(db, workspaceId, input.sourceId),
    findDestination(db, workspaceId, input.destinationId),
    hasVersion(db, workspaceId, input),
  ]);
  const kind = destination && destinationKind(destination.type);
  refuseIssues('The connection was not saved.', [
    ...nameIssues(input.name),
    ...(source ? [] : [{ path: 'sourceId', message: 'There is no such source.' }]),
    ...(destination ? [] : [{ path: 'destinationId', message: 'There is no such destination.' }]),
    ...(version || !source ? [] : [{ path: 'connectorVersion', message: 'The connector has no such version.' }]),
    ...namespaceIssues(input),
    ...targetIssues(input),
    ...(input.cpuCores === current?.cpuCores ? [] : allowedIssues(input, env.mostSyncCpuCores)),
    ...((input.owner ?? '').length > OWNER_LENGTH
      ? [{ path: 'owner', message: `At most ${OWNER_LENGTH} characters.` }]
      : []),
    ...ruleIssues(input, kind === null || kind === undefined || kind.keepsQuarantine === true),
    ...scheduleIssues(input.schedule).map(({ path, message }) => ({
      path: ['schedule', path].filter(Boolean).join('.'),
      message,
    })),
    ...(kind && destination
      ? streamIssues(input.streams, kind, { oneNamespace: !keepsNamespaces(input), config: destination.config })
      : []),
  ]);
}

function namespaceIssues({ namespaceDefinition, namespaceFormat, prefix }: ConnectionInput): Issue[] {
  const known = ['source', 'destination', 'custom'].includes(namespaceDefinition);
  return [
    ...(known ? [] : [{ path: 'namespaceDefinition', message: 'One of: source, destination, custom.' }]),
    ...(namespaceDefinition === 'custom' && !namespaceFormat?.trim()
      ? [{ path: 'namespaceFormat', message: `Name the namespace, such as production_${SOURCE_NAMESPACE}.` }]
      : []),
    ...(prefix.length > PREFIX_LENGTH ? [{ path: 'prefix', message: `At most ${PREFIX_LENGTH} characters.` }] : []),
  ];
}

function targetIssues({ freshnessTargetMinutes: minutes, memoryMb, cpuCores, status }: ConnectionInput): Issue[] {
  const fits =
    memoryMb === null || (Number.isInteger(memoryMb) && memoryMb >= LEAST_MEMORY_MB && memoryMb <= MOST_MEMORY_MB);
  const isShare = cpuCores === null || (cpuCores >= LEAST_CPU_CORES && cpuCores <= MOST_CPU_CORES);
  const whole = minutes === null || (Number.isInteger(minutes) && minutes >= 1 && minutes <= MOST_TARGET_MINUTES);
  return [
    ...(whole ? [] : [{ path: 'freshnessTargetMinutes', message: 'Minutes, from 1 to a year.' }]),
    ...(fits ? [] : [{ path: 'memoryMb', message: `MB, from ${LEAST_MEMORY_MB} to ${MOST_MEMORY_MB}.` }]),
    ...(isShare ? [] : [{ path: 'cpuCores', message: `Cores, from ${LEAST_CPU_CORES} to ${MOST_CPU_CORES}.` }]),
    ...(['active', 'inactive', 'deprecated'].includes(status)
      ? []
      : [{ path: 'status', message: 'One of: active, inactive, deprecated.' }]),
  ];
}

/** What the operator lets a connection have. */
function allowedIssues({ cpuCores }: ConnectionInput, most: number | null): Issue[] {
  if (cpuCores === null || most === null || cpuCores <= most) return [];
  const cores = `${most} ${most === 1 ? 'core' : 'cores'}`;
  const message = `At most ${cores} here: whoever runs this Weir allows more with WEIR_SYNC_CPU_MOST.`;
  return [{ path: 'cpuCores', message }];
}

function ruleIssues({ schemaChanges, badValues, quarantineLimit }: ConnectionInput, keepsQuarantine: boolean): Issue[] {
  const { rows, percent } = quarantineLimit ?? {};
  const isRows = rows === undefined || (Number.isInteger(rows) && rows >= 0);
  const isPercent = percent === undefined || (percent >= 0 && percent <= 100);
  return [
    ...(SCHEMA_POLICIES.includes(schemaChanges)
      ? []
      : [{ path: 'schemaChanges', message: `One of: ${SCHEMA_POLICIES.join(', ')}.` }]),
    ...(BAD_VALUES.includes(badValues) ? [] : [{ path: 'badValues', message: `One of: ${BAD_VALUES.join(', ')}.` }]),
    ...(badValues === 'quarantine' && !keepsQuarantine
      ? [{ path: 'badValues', message: 'This kind of destination keeps no quarantine.' }]
      : []),
    ...(isRows ? [] : [{ path: 'quarantineLimit.rows', message: 'A whole number from 0.' }]),
    ...(isPercent ? [] : [{ path: 'quarantineLimit.percent', message: 'From 0 to 100.' }]),
  ];
}

/** Whether streams of different namespaces stay apart at the destination. */
function keepsNamespaces({ namespaceDefinition, namespaceFormat }: ConnectionInput): boolean {
  return (
    namespaceDefinition === 'source' ||
    (namespaceDefinition === 'custom' && (namespaceFormat ?? '').includes(SOURCE_NAMESPACE))
  );
}

function findSource(db: Db, workspaceId: string, id: string) {
  return db
    .selectFrom('source')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Following the newest always does. */
async function hasVersion(db: Db, workspaceId: string, { sourceId, connectorVersion }: ConnectionInput) {
  if (connectorVersion === null) return true;
  const row = await db
    .selectFrom('connector_version as version')
    .innerJoin('source', 'source.connector_id', 'version.connector_id')
    .select('version.id')
    .where('source.workspace_id', '=', workspaceId)
    .where('source.id', '=', sourceId)
    .where('version.version', '=', connectorVersion)
    .executeTakeFirst();
  return row !== undefined;
}

function findDestination(db: Db, workspaceId: string, id: string) {
  return db
    .selectFrom('destination')
    .select(['id', 'type', 'config'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
}
