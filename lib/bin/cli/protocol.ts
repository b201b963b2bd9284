import { setTimeout as sleep } from 'node:timers/promises';
import { createGuard } from '#lib/address-guard.ts';
import type { ConfiguredStream, DestinationSyncMode, StreamDescriptor, SyncMode } from '#lib/catalog.ts';
import { type Failure, failureText, toFailure } from '#lib/errors.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import type { ExtractContext, Source } from '#lib/extract/source.ts';
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';

// The Airbyte protocol, 0.3: one JSON message per line on stdout.

interface Options {
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** `spec`: a SPEC message. */
export function specCommand(source: Source): number {
  say({ type: 'SPEC', spec: toSpec(source) });
  return 0;
}

/** The body of a SPEC message. */
export function toSpec(source: Source): JsonObject {
  const { connectionSpecification, documentationUrl, advancedAuth } = source.spec();
  return {
    connectionSpecification,
    ...(documentationUrl && { documentationUrl }),
    ...(advancedAuth && { advanced_auth: advancedAuth }),
  };
}

/** `check`: a CONNECTION_STATUS message. A connection that fails is an answer, not a failure of the command. */
export async function checkCommand(source: Source, config: JsonObject, options: Options): Promise<number> {
  return withContext(options, async (context) => {
    const { ok, message } = await source
      .check(context, config)
      .catch((error: unknown) => ({ ok: false, message: failureText(toFailure(error)) }));
    say({
      type: 'CONNECTION_STATUS',
      connectionStatus: { status: ok ? 'SUCCEEDED' : 'FAILED', ...(!ok && { message }) },
    });
    return 0;
  });
}

/** `discover`: a CATALOG message. */
export async function discoverCommand(source: Source, config: JsonObject, options: Options): Promise<number> {
  return withContext(options, async (context) => {
    const streams = await source.discover(context, config);
    say({ type: 'CATALOG', catalog: { streams: streams.map(toProtocol) } });
    return 0;
  });
}

/** `read`: RECORD, STATE, TRACE and LOG messages. A stream that fails doesn't stop the others; the exit code is then 1. */
export async function readCommand(
  source: Source,
  config: JsonObject,
  { catalog, state, ...options }: Options & { catalog: JsonObject; state: JsonValue },
): Promise<number> {
  return withContext(options, async (context) => {
    const found = await source.discover(context, config);
    const failures: Failure[] = [];
    for (const entry of Array.isArray(catalog.streams) ? catalog.streams.filter(isJsonObject) : []) {
      const stream = configured(entry, found);
      const failure = await readOne(source, context, config, stream, stateOf(state, stream.stream.name));
      if (failure) failures.push(failure);
    }
    return failures.length === 0 ? 0 : 1;
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
  const descriptor = { name, ...(namespace && { namespace }) };
  const status = (word: string) =>
    trace({ type: 'STREAM_STATUS', stream_status: { stream_descriptor: descriptor, status: word } });
  let records = 0;
  let running = false;
  status('STARTED');
  try {
    for await (const event of source.read(context, config, {
      stream,
      state: stream.syncMode === 'incremental' ? state : null,
    })) {
      if (event.type === 'page') {
        if (!running) status('RUNNING');
        running = true;
        for (const data of event.records)
          say({
            type: 'RECORD',
            record: { stream: name, ...(namespace && { namespace }), data, emitted_at: Date.now() },
          });
        records += event.records.length;
      } else if (event.type === 'slice_closed') {
        say({
          type: 'STATE',
          state: {
            type: 'STREAM',
            stream: { stream_descriptor: descriptor, stream_state: event.state },
            sourceStats: { recordCount: records },
          },
        });
        records = 0;
      } else say({ type: 'LOG', log: { level: event.level.toUpperCase(), message: event.message } });
    }
    status('COMPLETE');
    return null;
  } catch (error) {
    context.signal.throwIfAborted();
    const failure = toFailure(error);
    status('INCOMPLETE');
    trace({
      type: 'ERROR',
      error: {
        message: failureText(failure),
        internal_message: failure.code,
        failure_type: FAILURE_TYPES[failure.kind],
        stream_descriptor: descriptor,
      },
    });
    return failure;
  }
}

const FAILURE_TYPES = {
  config: 'config_error',
  transient: 'transient_error',
  terminal: 'system_error',
  bug: 'system_error',
};

/** Whoever runs the command could reach private addresses anyway: they are not refused here. */
async function withContext(options: Options, work: (context: ExtractContext) => Promise<number>): Promise<number> {
  const clock = () => new Date();
  const http = createHttpClient({ guard: createGuard({ allowed: 'any' }), clock, log: options.log });
  const wait = async (ms: number, signal = options.signal) => {
    await sleep(ms, undefined, { signal });
  };
  try {
    return await work({ ...options, http, clock, sleep: wait, saveConfig, fileRoots: [process.cwd()] });
  } finally {
    await http.close();
  }
}

/** A config that the source changed is told as a CONTROL message; whoever runs the command stores it. */
async function saveConfig(config: JsonObject): Promise<void> {
  say({
    type: 'CONTROL',
    control: { type: 'CONNECTOR_CONFIG', connectorConfig: { config }, emitted_at: Date.now() },
  });
}

/** A stream of a CATALOG message. */
export function toProtocol(stream: StreamDescriptor): JsonObject {
  const {
    name,
    namespace,
    jsonSchema,
    supportedSyncModes,
    sourceDefinedCursor,
    defaultCursorField,
    sourceDefinedPrimaryKey,
  } = stream;
  return {
    name,
    ...(namespace && { namespace }),
    json_schema: jsonSchema,
    supported_sync_modes: [...supportedSyncModes],
    ...(sourceDefinedCursor && { source_defined_cursor: true, default_cursor_field: [...defaultCursorField] }),
    ...(sourceDefinedPrimaryKey.length > 0 && {
      source_defined_primary_key: sourceDefinedPrimaryKey.map((path) => [...path]),
    }),
    // As the CDK says it: only a stream with a cursor goes on where it stopped.
    is_resumable: supportedSyncModes.includes('incremental'),
  };
}

/** An entry of a configured catalog; what the manifest says of the stream counts, the modes are the entry's. */
function configured(entry: JsonObject, found: readonly StreamDescriptor[]): ConfiguredStream {
  const described = isJsonObject(entry.stream) ? entry.stream : entry;
  const stream = found.find(({ name }) => name === described.name) ?? unknownStream(String(described.name));
  return {
    stream,
    syncMode: (entry.sync_mode as SyncMode | undefined) ?? 'full_refresh',
    destinationSyncMode: (entry.destination_sync_mode as DestinationSyncMode | undefined) ?? 'append',
    cursorField: stream.defaultCursorField,
    primaryKey: stream.sourceDefinedPrimaryKey,
  };
}

function unknownStream(name: string): StreamDescriptor {
  return {
    name,
    jsonSchema: {},
    supportedSyncModes: ['full_refresh'],
    sourceDefinedCursor: false,
    defaultCursorField: [],
    sourceDefinedPrimaryKey: [],
  };
}

/** A list of STATE messages (or their `state`), as Airbyte stores them; or one object by stream name. */
function stateOf(state: JsonValue, name: string): JsonObject | null {
  for (const item of Array.isArray(state) ? state : []) {
    const message = isJsonObject(item) && isJsonObject(item.state) ? item.state : item;
    const stream = isJsonObject(message) ? message.stream : null;
    if (!isJsonObject(stream) || !isJsonObject(stream.stream_descriptor) || stream.stream_descriptor.name !== name)
      continue;
    return isJsonObject(stream.stream_state) ? stream.stream_state : null;
  }
  const byName = isJsonObject(state) ? state[name] : null;
  return isJsonObject(byName) ? byName : null;
}

function trace(body: JsonObject): void {
  say({ type: 'TRACE', trace: { ...body, emitted_at: Date.now() } });
}

function say(message: object): void {
  process.stdout.write(`${stringifyJson(message)}\n`);
}
