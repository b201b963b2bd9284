import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { StreamState } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson, stringifyJson } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './http/http-client.ts';
import { language } from './kinds.ts';
import { createManifestSource } from './manifest-source.ts';
import type { ExtractContext, Source } from './source.ts';

/** What airbyte-cdk did with our own manifests, written down by `bench/conformance/record.ts`: its requests with their answers, records and states. */
interface Vectors {
  readonly now: string;
  readonly manifests: readonly {
    readonly file: string;
    readonly config: JsonObject;
    readonly streams: readonly { readonly name: string; readonly runs: readonly Run[] }[];
  }[];
}

interface Run {
  readonly given: StreamState | null;
  readonly records: readonly JsonObject[];
  readonly final: StreamState | null;
  readonly failed: boolean;
  readonly exchanges: readonly Exchange[];
}

interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: string;
}

const text = (file: string) => readFileSync(new URL(`vectors/${file}`, import.meta.url), 'utf8');
const vectors = parseJson(text('vectors.json')) as unknown as Vectors;

describe.each(vectors.manifests)('$file does what airbyte-cdk does with it', ({ file, config, streams }) => {
  const { manifest } = parseManifest(text(file), language);
  if (!manifest) throw new Error(`${file} is no valid manifest`);

  test.each(streams)('$name', async ({ name, runs }) => {
    for (const run of runs) {
      const api = recordedApi(run.exchanges);
      const ours = await readAll(createManifestSource(manifest), api.http, config, name, run.given);
      expect(sorted(api.asked.map(keyOf))).toEqual(sorted(run.exchanges.map(keyOf)));
      expect(sorted(ours.records.map(canonical))).toEqual(sorted(run.records.map(canonical)));
      expect(comparable(ours.final)).toEqual(comparable(run.final));
    }
  });
});

/** Gives each request the answer that it got then: the first time the first, and so on. */
function recordedApi(exchanges: readonly Exchange[]): { http: HttpClient; asked: HttpRequest[] } {
  const answers = Map.groupBy(exchanges, keyOf);
  const asked: HttpRequest[] = [];
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    asked.push(request);
    const key = keyOf(request);
    const answer = answers.get(key)?.shift();
    if (!answer) throw new Error(`the CDK did not ask for ${key}`);
    const bytes = Buffer.from(answer.answer);
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([at, value]) => [at.toLowerCase(), value]));
    const rest = { headers, spelledHeaders: answer.headers, url: request.url, body: once(bytes) };
    return { status: answer.status, ...rest, bytes: async () => bytes, text: async () => answer.answer };
  };
  return { http: { send, close: async () => undefined }, asked };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function readAll(source: Source, http: HttpClient, config: JsonObject, name: string, state: StreamState | null) {
  const context: ExtractContext = {
    ...{ http, log: createLog('test', 'silent'), signal: new AbortController().signal },
    ...{ clock: () => new Date(vectors.now), sleep: async () => undefined },
  };
  const stream = (await source.discover(context, config)).find((found) => found.name === name);
  if (!stream) throw new Error(`${name} is not in the catalog`);
  const modes = {
    syncMode: stream.supportedSyncModes.at(-1) ?? 'full_refresh',
    destinationSyncMode: 'append',
  } as const;
  const records: JsonObject[] = [];
  let final: StreamState | null = null;
  for await (const event of source.read(context, config, {
    ...{ stream: { stream, ...modes, cursorField: [], primaryKey: [] }, state },
  })) {
    if (event.type === 'page') records.push(...event.records);
    else if (event.type === 'slice_closed') final = event.state;
  }
  return { records, final };
}

/** Parameters in any order, a JSON body by its meaning. */
function keyOf({ method, url, body = '' }: { method: string; url: string; body?: string | Uint8Array }): string {
  const { origin, pathname, searchParams } = new URL(url);
  const query = sorted([...searchParams].map(([name, value]) => `${name}=${value}`)).join('&');
  return `${method} ${origin}${decodeURIComponent(pathname)} ${query} ${bodyKey(String(body))}`;
}

function bodyKey(body: string): string {
  try {
    return canonical(parseJson(body));
  } catch {
    return sorted([...new URLSearchParams(body)].map(([name, value]) => `${name}=${value}`)).join('&');
  }
}

/** Partitions in one order; how long a run took is left out. */
function comparable(state: StreamState | null): JsonValue {
  if (state === null) return null;
  const { lookback_window: _seconds, states, parent_state: parents, ...rest } = state;
  return {
    ...rest,
    ...(Array.isArray(states) && { states: states.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1)) }),
    ...(isJsonObject(parents) && {
      parent_state: Object.fromEntries(
        Object.entries(parents).map(([name, inner]) => [name, comparable(inner as StreamState)]),
      ),
    }),
  };
}

function canonical(value: JsonValue): string {
  const order = (item: JsonValue): JsonValue => {
    if (Array.isArray(item)) return item.map(order);
    if (!isJsonObject(item)) return item;
    return Object.fromEntries(
      Object.entries(item)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, order(inner)]),
    );
  };
  return stringifyJson(order(value));
}

function sorted(items: readonly string[]): string[] {
  return items.toSorted();
}
