import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import type { Guard } from '#lib/address-guard.ts';
import type { ConfiguredStream, DestinationSyncMode, StreamDescriptor } from '#lib/catalog.ts';
import type { Counts } from '#lib/destinations/destination.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { failureText, WeirError } from '#lib/errors.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import type { Recorder } from './recorder.ts';
import { extractContext } from './resolve.ts';
import { runSync, type StreamOutcome } from './run-sync.ts';
import type { SyncStream } from './sync-stream.ts';

export interface ManifestSync {
  readonly manifest: Manifest;
  readonly config: JsonObject;
  /** Config of the Postgres destination. */
  readonly destination: JsonObject;
  /** All of them when absent. */
  readonly streams?: readonly string[];
  readonly fullRefresh?: boolean;
  readonly guard: Guard;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly say: (line: string) => void;
  readonly componentsDir?: string | null;
  readonly fileRoots?: readonly string[];
  readonly filesDir?: string | null;
  /** Keeps a config that the source changed, such as a refresh token that works once. */
  readonly saveConfig?: (config: JsonObject) => Promise<void>;
}

/**
 * Runs a manifest into a Postgres without the service: the same stages, with the state in the destination.
 */
export async function syncManifest(options: ManifestSync): Promise<StreamOutcome[]> {
  const { guard, signal, log, say, config, saveConfig } = options;
  const clock = () => new Date();
  const env = {
    dataDir: path.join(os.tmpdir(), 'weir'),
    fileRoots: options.fileRoots ?? [],
    componentsDir: options.componentsDir ?? null,
  };
  const extract = { ...extractContext({ env, log, clock }, guard, signal), ...(saveConfig && { saveConfig }) };
  const source = createManifestSource(options.manifest);
  const destination = destinationKind('postgres').open(
    { log, clock, signal, guard, workDir: env.dataDir },
    options.destination,
  );
  try {
    const found = await source.discover(extract, config);
    for (const name of options.streams ?? []) assertFound(name, found);
    const chosen = found.filter((stream) => options.streams?.includes(stream.name) ?? true);
    const syncId = clock().getTime();
    const emittedAt = clock();
    const run = (attempt: number, streams: readonly SyncStream[]) => {
      const ref = { connectionId: connectionIdOf(options), syncId, attempt, fence: syncId + attempt - 1 };
      const work = { attempt: ref, ...{ emittedAt, source, config, destination, streams } };
      return runSync(work, { extract, recorder: sayingRecorder(say) });
    };
    const first = await run(
      1,
      chosen.map((stream) => placed(stream, options.fullRefresh === true)),
    );
    const changed = first.filter(({ failure }) => failure?.code === 'file_changed');
    if (changed.length === 0) return first;
    const again = await run(
      2,
      changed.map(({ stream }) => ({ ...stream, filesGrow: true })),
    );
    return [...first.filter((outcome) => !changed.includes(outcome)), ...again];
  } finally {
    await destination.close();
    await extract.close();
  }
}

function assertFound(name: string, found: readonly StreamDescriptor[]): void {
  const names = found.map((stream) => stream.name);
  if (names.includes(name)) return;
  throw new WeirError({
    kind: 'config',
    code: 'unknown_stream',
    message: `There is no stream named ${name}.`,
    hint: `Streams: ${names.join(', ')}.`,
  });
}

/** The same manifest into the same database goes on where it was. */
function connectionIdOf({ manifest, destination }: ManifestSync): string {
  const names = manifest.streams.map((stream) => stream.name).toSorted();
  const hash = createHash('sha256')
    .update(JSON.stringify([names, destination.host, destination.database]))
    .digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

function placed(stream: StreamDescriptor, fullRefresh: boolean): SyncStream {
  const incremental = !fullRefresh && stream.supportedSyncModes.includes('incremental');
  const keyed = stream.sourceDefinedPrimaryKey.length > 0;
  const destinationSyncMode: DestinationSyncMode = incremental ? (keyed ? 'append_dedup' : 'append') : 'overwrite';
  const configured: ConfiguredStream = {
    stream,
    syncMode: incremental ? 'incremental' : 'full_refresh',
    destinationSyncMode,
    cursorField: stream.defaultCursorField,
    primaryKey: stream.sourceDefinedPrimaryKey,
  };
  return { configured, namespace: '', table: stream.name };
}

function sayingRecorder(say: (line: string) => void): Recorder {
  const nameOf = (stream: SyncStream) => stream.configured.stream.name;
  const counts = new Map<SyncStream, Counts>();
  return {
    started: (stream) => say(`${nameOf(stream)}: reading`),
    expected: () => undefined,
    progress: (stream, now) => void counts.set(stream, now),
    advanced: async () => undefined,
    published: async (stream, { published: { inserted, updated, rows } }) =>
      say(
        `${nameOf(stream)}: ${balanceOf(counts.get(stream))}${inserted} inserted, ${updated} updated${rows === null ? '' : `, ${rows} in the table`}`,
      ),
    held: async () => undefined,
    failed: async (stream, { failure }) => say(`${nameOf(stream)}: failed. ${failureText(failure)}`),
    log: (level, message, stream) => level !== 'info' && say(`${stream ? nameOf(stream) : 'sync'}: ${message}`),
    close: async () => undefined,
  };
}

/** Where every record that was read went. */
function balanceOf(counts: Counts | undefined): string {
  if (counts === undefined) return '';
  const { read, filtered, quarantined, written } = counts;
  return `${read} read = ${filtered} filtered + ${quarantined} quarantined + ${written} staged; `;
}
