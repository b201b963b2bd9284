import path from 'node:path';
import { sql } from 'kysely';
import type { Guard } from '#lib/address-guard.ts';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { openMappers } from '#lib/connections/mapper-secrets.ts';
import type { Db } from '#lib/db/connect.ts';
import type { Destination } from '#lib/destinations/destination.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import type { Env } from '#lib/env.ts';
import { WeirError } from '#lib/errors.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import type { ExtractContext, Source } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Kept } from '#lib/kept.ts';
import type { Log } from '#lib/log.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import { type Secrets, usableConfig } from '#lib/secrets.ts';
import { type ConfigOwner, ownerOf } from './save-source-changes.ts';
import { connectionRow } from './store.ts';
import type { LoadRules, SyncStream } from './sync-stream.ts';

export interface ResolveContext {
  readonly db: Db;
  /** For what a sync notes about itself; `db` when absent. */
  readonly notes?: Db;
  readonly env: Env;
  readonly log: Log;
  readonly clock: () => Date;
  readonly secrets: Secrets;
  /** What this process leaves open between two syncs. */
  readonly kept?: Kept;
}

/** A connection with its parts ready to run. */
export interface ResolvedConnection {
  readonly workspaceId: string;
  readonly source: Source;
  readonly config: JsonObject;
  readonly destination: Destination;
  readonly streams: readonly SyncStream[];
  readonly rules: LoadRules;
  readonly owner: ConfigOwner;
}

/** Rows to parts: the newest version of the connector, secrets opened, names of the tables worked out. */
export async function resolveConnection(
  c: ResolveContext,
  connectionId: string,
  guard: Guard,
  signal: AbortSignal,
): Promise<ResolvedConnection> {
  const row = await connectionRow(c.db, connectionId);
  if (!row) throw gone('connection');
  if (!row.compiled) throw gone('version of the connector');
  const aad = `source:${row.source_id}`;
  return {
    workspaceId: row.workspace_id,
    source: createManifestSource(row.compiled as unknown as Manifest),
    config: usableConfig(c.secrets, row.source_config, aad),
    destination: openDestination(c, guard, signal, {
      type: row.destination_type,
      config: usableConfig(c.secrets, row.destination_config, `destination:${row.destination_id}`),
    }),
    streams: openMappers(c.secrets, row.workspace_id, row.configured).map((configured) => placed(configured, row)),
    rules: { schemaChanges: row.schema_changes, badValues: row.bad_values, quarantineLimit: row.quarantine_limit },
    owner: ownerOf(c, row.source_id),
  };
}

export function openDestination(
  { env, log, clock, kept }: Pick<ResolveContext, 'env' | 'log' | 'clock' | 'kept'>,
  guard: Guard,
  signal: AbortSignal,
  { type, config }: { type: string; config: JsonObject },
): Destination {
  const context = { log, clock, signal, guard, workDir: `${env.dataDir}/stages`, ...(kept && { kept }) };
  return destinationKind(type).open(context, config);
}

/** What extract is given: the guarded client, the folders that the operator allows. */
export function extractContext(
  {
    env,
    log,
    clock,
  }: Pick<ResolveContext, 'log' | 'clock'> & {
    env: Pick<Env, 'fileRoots'> & Partial<Pick<Env, 'componentsDir' | 'filesDir' | 'mostPages'>>;
  },
  guard: Guard,
  signal: AbortSignal,
  extra: Pick<ExtractContext, 'onExchange' | 'uploadDir' | 'uploadName'> = {},
): ExtractContext & { close(): Promise<void> } {
  const http = createHttpClient({ guard, clock, log });
  return {
    http,
    log,
    clock,
    signal,
    sleep: (ms, other) => sleepUntilAborted(ms, other ?? signal),
    fileRoots: env.fileRoots,
    ...(env.componentsDir && { componentsDir: env.componentsDir }),
    ...(env.filesDir && { filesDir: env.filesDir }),
    ...(env.mostPages && { mostPages: env.mostPages }),
    ...extra,
    close: () => http.close(),
  };
}

/** The files that a workspace was sent, and nobody else's. */
export function uploadsOf(
  { db, env }: Pick<ResolveContext, 'db' | 'env'>,
  workspaceId: string,
): Pick<ExtractContext, 'uploadDir' | 'uploadName'> {
  return {
    uploadDir: path.join(env.dataDir, 'uploads', workspaceId),
    async uploadName(id) {
      const known = db.selectFrom('upload').select('name').where('workspace_id', '=', workspaceId);
      return (await known.where(sql`id::text`, '=', id).executeTakeFirst())?.name ?? null;
    },
  };
}

interface Placement {
  readonly namespace_definition: 'source' | 'destination' | 'custom';
  readonly namespace_format: string | null;
  readonly prefix: string;
}

/** Where a stream lands: `''` is the destination's default namespace. */
export function placed(configured: ConfiguredStream, placement: Placement): SyncStream {
  const { name, namespace = '' } = configured.stream;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
  const custom = (placement.namespace_format ?? '').replaceAll('${SOURCE_NAMESPACE}', namespace);
  const chosen = { source: namespace, destination: '', custom }[placement.namespace_definition];
  return { configured, namespace: chosen, table: placement.prefix + name };
}

function sleepUntilAborted(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function gone(noun: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_found',
    message: `The ${noun} of this sync is gone.`,
    hint: 'It was deleted while the sync waited.',
  });
}
