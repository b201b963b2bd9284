import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfiguredStream, DestinationSyncMode, SyncMode } from '#lib/catalog.ts';
import { type Failure, failureText, toFailure, WeirError } from '#lib/errors.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import type { ExtractContext, FileReference, PlannedSource, ReadEvent, Source } from '#lib/extract/source.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import { commandGuard } from './command-guard.ts';
import {
  type Descriptor,
  say,
  sayExchange,
  sayFailure,
  sayLog,
  sayState,
  sayStatus,
  toProtocol,
  toSpec,
  writeBytes,
  writtenOut,
} from './protocol-messages.ts';
import { StatePace, stateOf } from './protocol-state.ts';
import { RecordWriter } from './record-writer.ts';

interface Options {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Tells of a config that the source changed. */
  readonly saveConfig: (config: JsonObject) => Promise<void>;
  /** Tells each request in a LOG message. */
  readonly debug: boolean;
  /** Modules that stand for Python classes. */
  readonly componentsDir: string | null;
  /** Folders that file sources may read. */
  readonly fileRoots: readonly string[];
  /** Where files are put. */
  readonly filesDir: string | null;
}

/** `spec`: a SPEC message. */
export function specCommand(source: Source): number {
  say({ type: 'SPEC', spec: toSpec(source) });
  return 0;
}

/** `check`: a CONNECTION_STATUS message. A connection that fails is an answer, not a failure of the command. */
export async function checkCommand(source: PlannedSource, config: JsonObject, options: Options): Promise<number> {
  return withContext(options, async (context) => {
    const { ok, message } = await checked(source, context, config);
    options.signal.throwIfAborted();
    say({
      type: 'CONNECTION_STATUS',
      connectionStatus: { status: ok ? 'SUCCEEDED' : 'FAILED', ...(!ok && { message }) },
    });
    return 0;
  });
}

async function checked(source: PlannedSource, context: ExtractContext, config: JsonObject) {
  try {
    assertFits(source, context, config);
    return await source.check(context, config);
  } catch (error) {
    return { ok: false, message: failureText(toFailure(error)) };
  }
}

/** `discover`: a CATALOG message. */
export async function discoverCommand(source: PlannedSource, config: JsonObject, options: Options): Promise<number> {
  return withContext(options, async (context) => {
    assertFits(source, context, config);
    const streams = await source.discover(context, config);
    say({ type: 'CATALOG', catalog: { streams: streams.map(toProtocol) } });
    return 0;
  });
}

/** `read`: RECORD, STATE, TRACE and LOG messages. A stream that fails doesn't stop the others; the exit code is then 1. */
export async function readCommand(
  source: PlannedSource,
  config: JsonObject,
  { catalog, state, ...options }: Options & { catalog: JsonObject; state: JsonValue },
): Promise<number> {
  return withContext(options, async (context) => {
    assertFits(source, context, config);
    const failures = new Map<string, Failure>();
    for (const entry of Array.isArray(catalog.streams) ? catalog.streams.filter(isJsonObject) : []) {
      const stream = configured(entry);
      const failure = await readOne(source, context, config, stream, stateOf(state, stream.stream.name));
      if (failure) failures.set(stream.stream.name, failure);
    }
    if (failures.size > 0) sayFailure(summaryOf(failures));
    return failures.size === 0 ? 0 : 1;
  });
}

function summaryOf(failures: ReadonlyMap<string, Failure>): Failure {
  const each = [...failures].map(([name, failure]) => `${name}: ${failure.message}`);
  const kind = [...failures.values()].find((failure) => failure.kind !== 'transient')?.kind ?? 'transient';
  return { kind, code: 'streams_failed', message: `These streams were not read to their end. ${each.join(' ')}` };
}

function assertFits(source: PlannedSource, context: ExtractContext, config: JsonObject): void {
  const problems = source.configProblems(context, config);
  if (problems.length === 0) return;
  throw new WeirError({
    kind: 'config',
    code: 'invalid_config',
    message: `The config does not fit the spec: ${problems.join('; ')}.`,
    hint: 'weir spec shows what it takes.',
  });
}

async function readOne(
  source: Source,
  context: ExtractContext,
  config: JsonObject,
  stream: ConfiguredStream,
  state: JsonObject | null,
): Promise<Failure | null> {
  const { name, namespace } = stream.stream;
  const teller = new StreamTeller({ name, ...(namespace && { namespace }) });
  try {
    // Whoever runs this tries again by running it again: nothing tells that a file changed the time before.
    const request = { stream, state: stream.syncMode === 'incremental' ? state : null, filesGrow: true };
    const watched = { ...context, onRateLimited: () => teller.rateLimited() };
    for await (const event of source.read(watched, config, request)) {
      teller.tell(event);
      await writtenOut();
    }
    teller.end('COMPLETE');
    return null;
  } catch (error) {
    context.signal.throwIfAborted();
    const failure = toFailure(error);
    sayFailure(failure, teller.descriptor, failure.kind === 'bug' ? (error as Error).stack : undefined);
    teller.end('INCOMPLETE');
    return failure;
  }
}

/** Tells what a stream gives as messages. */
class StreamTeller {
  readonly descriptor: Descriptor;
  readonly #pace = new StatePace();
  readonly #writer: RecordWriter;
  #records = 0;
  #running = false;

  constructor(descriptor: Descriptor) {
    this.descriptor = descriptor;
    this.#writer = new RecordWriter(descriptor, writeBytes);
    sayStatus(descriptor, 'STARTED');
  }

  tell(event: ReadEvent): void {
    if (event.type === 'page') this.#page(event);
    else if (event.type === 'slice_closed') this.#state(this.#pace.take(event.state, Date.now()));
    else if (event.type === 'notice') sayLog(event.level.toUpperCase(), event.message);
  }

  /** Whoever runs the connector is told that the stream waits for the API. */
  rateLimited(): void {
    sayStatus(this.descriptor, 'RUNNING', [{ type: 'RATE_LIMITED' }]);
  }

  end(status: 'COMPLETE' | 'INCOMPLETE'): void {
    this.#state(this.#pace.rest());
    sayStatus(this.descriptor, status);
  }

  #page({ records, files }: Extract<ReadEvent, { type: 'page' }>): void {
    if (!this.#running) sayStatus(this.descriptor, 'RUNNING');
    this.#running = true;
    this.#writer.write(
      records,
      Date.now(),
      files?.map((file) => file && fileReference(file)),
    );
    this.#records += records.length;
  }

  #state(state: JsonObject | null): void {
    if (state === null) return;
    sayState(this.descriptor, state, this.#records);
    this.#records = 0;
  }
}

function fileReference({ file, relative, bytes }: FileReference): JsonObject {
  return { staging_file_url: file, source_file_relative_path: relative, file_size_bytes: bytes };
}

/** Whoever runs the command could reach private addresses anyway: they are not refused here. */
async function withContext(options: Options, work: (context: ExtractContext) => Promise<number>): Promise<number> {
  const clock = () => new Date();
  const http = createHttpClient({ guard: commandGuard(), clock, log: options.log });
  const context: ExtractContext = {
    ...{ http, clock, log: options.log, signal: options.signal, fileRoots: options.fileRoots },
    saveConfig: (config) => options.saveConfig(config),
    sleep: async (ms, signal = options.signal) => {
      await sleep(ms, undefined, { signal });
    },
    ...(options.filesDir && { filesDir: options.filesDir }),
    ...(options.componentsDir && { componentsDir: options.componentsDir }),
    ...(options.debug && { onExchange: sayExchange }),
  };
  try {
    return await work(context);
  } finally {
    await http.close();
  }
}

/** An entry of a configured catalog; of the stream only its name counts, the manifest says the rest. */
function configured(entry: JsonObject): ConfiguredStream {
  const described = isJsonObject(entry.stream) ? entry.stream : entry;
  return {
    stream: {
      name: String(described.name),
      ...(typeof described.namespace === 'string' && { namespace: described.namespace }),
      ...{ jsonSchema: {}, supportedSyncModes: ['full_refresh', 'incremental'], sourceDefinedCursor: true },
      ...{ defaultCursorField: [], sourceDefinedPrimaryKey: [] },
    },
    syncMode: (entry.sync_mode as SyncMode | undefined) ?? 'full_refresh',
    destinationSyncMode: (entry.destination_sync_mode as DestinationSyncMode | undefined) ?? 'append',
    ...{ cursorField: [], primaryKey: [] },
  };
}
