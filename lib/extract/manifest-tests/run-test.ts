import type { ConfiguredStream, StreamState } from '#lib/catalog.ts';
import { type Failure, toFailure, WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import type { ManifestTest } from '#lib/manifest/weir-block.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { ExtractContext, PlannedSource } from '../source.ts';
import { differences } from './differences.ts';
import { NOT_RECORDED, type RequestProblem, recordedApi } from './recorded-api.ts';

/** A read that goes on for longer is ended. */
const TIMEOUT_MS = 30_000;
/** Where a test says nothing else, it is then. */
const NOW = '2026-01-01T00:00:00Z';

/** Something that did not come as the test says; `path` is below the test. */
export interface Unmet {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What a read gave. */
export interface TestRead {
  readonly records: readonly JsonObject[];
  readonly state: StreamState | null;
  readonly failure: Failure | null;
}

/** Runs one case of a manifest by the engine that syncs, over its recorded answers. Empty when all came as it says. */
export async function runTest(source: PlannedSource, test: ManifestTest): Promise<readonly Unmet[]> {
  const { read, problems } = await replay(source, test);
  const requests = problems.map(({ exchange, message }) => ({
    path: exchange === null ? ['exchanges'] : ['exchanges', exchange, 'request'],
    message,
  }));
  return [...failureUnmet(test, read.failure), ...requests, ...contentUnmet(test, read)];
}

/** Reads the stream of a case over its recorded answers. Whatever waits finds the clock where it wanted it. */
export async function replay(
  source: PlannedSource,
  test: ManifestTest,
): Promise<{ read: TestRead; problems: readonly RequestProblem[] }> {
  const api = recordedApi(test.exchanges);
  const context: ExtractContext = {
    ...{ log: createLog('test', 'silent'), signal: AbortSignal.timeout(TIMEOUT_MS) },
    ...frozenContext(api.http, test.now),
  };
  const read = await readStream(source, context, test);
  return { read, problems: api.problems() };
}

/** The time stands still but for what is waited, and nothing is asked before it is wanted. */
export function frozenContext(
  http: HttpClient,
  startsAt = NOW,
): Pick<ExtractContext, 'http' | 'clock' | 'sleep' | 'eager'> {
  let now = new Date(startsAt).getTime();
  const sleep = async (ms: number) => {
    now += ms;
  };
  return { http, clock: () => new Date(now), sleep, eager: false };
}

/** Reads a stream as a case says, in whatever context. */
export async function readStream(
  source: PlannedSource,
  context: ExtractContext,
  test: Pick<ManifestTest, 'stream' | 'config' | 'state' | 'pages' | 'slices'>,
): Promise<TestRead> {
  const { config = {}, pages, slices } = test;
  const records: JsonObject[] = [];
  let state: StreamState | null = null;
  try {
    assertFits(source, context, config);
    const limits = { ...(pages && { maxPages: pages }), ...(slices && { maxSlices: slices }) };
    const request = { stream: configured(test.stream), state: test.state ?? null, limits };
    for await (const event of source.read(context, config, request)) {
      if (event.type === 'page') records.push(...event.records);
      else if (event.type === 'slice_closed') state = event.state;
    }
    return { records, state, failure: null };
  } catch (error) {
    return { records, state, failure: toFailure(error) };
  }
}

function assertFits(source: PlannedSource, context: ExtractContext, config: JsonObject): void {
  const problems = source.configProblems(context, config);
  if (problems.length === 0) return;
  const message = `The config does not fit the spec: ${problems.join('; ')}.`;
  throw new WeirError({ kind: 'config', code: 'invalid_config', message });
}

/** Of the stream only its name counts, the manifest says the rest. */
export function configured(name: string): ConfiguredStream {
  return {
    stream: {
      ...{ name, jsonSchema: {}, supportedSyncModes: ['full_refresh', 'incremental'], sourceDefinedCursor: true },
      ...{ defaultCursorField: [], sourceDefinedPrimaryKey: [] },
    },
    ...{ syncMode: 'incremental', destinationSyncMode: 'append', cursorField: [], primaryKey: [] },
  };
}

function failureUnmet({ expect: { error } }: ManifestTest, failure: Failure | null): Unmet[] {
  // The request itself is told at the exchanges.
  if (failure?.code === NOT_RECORDED) return [];
  if (!error)
    return failure ? [{ path: ['expect'], message: `The read failed: ${failure.message} (${failure.code})` }] : [];
  if (!failure) return [{ path: ['expect', 'error'], message: 'The read did not fail' }];
  const { code = failure.code, message = '' } = error;
  return [
    ...differences(code, failure.code, ['expect', 'error', 'code']),
    ...(failure.message.includes(message)
      ? []
      : [{ path: ['expect', 'error', 'message'], message: `The message is another one: ${failure.message}` }]),
  ];
}

function contentUnmet({ expect }: ManifestTest, { records, state }: TestRead): Unmet[] {
  const { records: wanted, record_count: count, state: wantedState } = expect;
  const compare = (expected: JsonValue | undefined, actual: JsonValue, name: string) =>
    expected === undefined ? [] : differences(expected, actual, ['expect', name]);
  return [
    ...compare(wanted as JsonValue | undefined, records as JsonValue, 'records'),
    ...compare(count, records.length, 'record_count'),
    ...compare(wantedState, state, 'state'),
  ];
}
