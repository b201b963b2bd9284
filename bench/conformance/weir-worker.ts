/** The other side of the comparison: our engine, asked by the same JSON lines as the CDK's worker. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGuard } from '#lib/address-guard.ts';
import { toProtocol, toSpec } from '#lib/bin/cli/protocol-messages.ts';
import type { ConfiguredStream, StreamDescriptor } from '#lib/catalog.ts';
import { failureText, toFailure } from '#lib/errors.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import type { HttpClient } from '#lib/extract/http/http-client.ts';
import { language } from '#lib/extract/kinds.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import type { ExtractContext, Source } from '#lib/extract/source.ts';
import { type JsonObject, parseJson, stringifyJson } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';

const [, , mock = '', start = ''] = process.argv;
const log = createLog('conformance', 'fatal');
let now = Date.parse(start);
const clock = () => new Date(now);
const real = createHttpClient({ guard: createGuard({ allowed: 'any' }), clock, log });

/** Sends to the mock; where it was meant to go travels in a header. */
const http: HttpClient = {
  async send(request) {
    const url = new URL(request.url);
    const response = await real.send({
      ...request,
      url: `${mock}${url.pathname}${url.search}`,
      headers: { ...request.headers, 'x-mock-origin': url.origin },
    });
    return { ...response, url: request.url };
  },
  close: () => real.close(),
};

let loaded: { path: string; source: Source; refused: Map<string, string>; found: StreamDescriptor[] } | null = null;

const commands: Record<string, (request: JsonObject) => Promise<object>> = {
  load: async ({ path }) => {
    const { issues, manifest } = parseManifest(readFileSync(String(path), 'utf8'), language);
    const errors = issues.filter(({ severity }) => severity === 'error');
    if (!manifest)
      return { valid: false, error: errors.map(({ line, message }) => `line ${line}: ${message}`).join('; ') };
    const refused = new Map(
      manifest.streams.flatMap(({ name, refused }) => (refused ? [[name, refused] as const] : [])),
    );
    const source = createManifestSource(manifest);
    loaded = { path: String(path), source, refused, found: [] };
    return { valid: true, spec: toSpec(source), refused: Object.fromEntries(refused) };
  },
  discover: async ({ config }) => {
    const { source } = needed();
    now = Date.parse(start);
    const streams = await source.discover(context(), config as JsonObject);
    needed().found = [...streams];
    return { streams: streams.map(toProtocol) };
  },
  read: async ({ config, stream, state }) => {
    const { source, found } = needed();
    now = Date.parse(start);
    const name = String((stream as JsonObject).name);
    const described = found.find((item) => item.name === name);
    if (!described) throw new Error(needed().refused.get(name) ?? `discover did not find ${name}`);
    const configured: ConfiguredStream = {
      stream: described,
      syncMode: described.supportedSyncModes.at(-1) ?? 'full_refresh',
      destinationSyncMode: 'append',
      cursorField: described.defaultCursorField,
      primaryKey: described.sourceDefinedPrimaryKey,
    };
    const records: JsonObject[] = [];
    let last: JsonObject | null = null;
    try {
      for await (const event of source.read(context(), config as JsonObject, {
        stream: configured,
        state: (state as JsonObject | null) ?? null,
      })) {
        if (event.type === 'page') records.push(...event.records);
        else if (event.type === 'slice_closed') last = event.state;
      }
      return { records, state: last, error: null };
    } catch (error) {
      return { records, state: last, error: textOf(error) };
    }
  },
};

function needed() {
  if (!loaded) throw new Error('no manifest is loaded');
  return loaded;
}

/** A wait before a retry takes no time, so that slices that end now end alike; a wait for an allowance or a job passes it. */
function context(): ExtractContext {
  const retries: number[] = [];
  return {
    http,
    log,
    clock,
    signal: new AbortController().signal,
    sleep: async (ms) => {
      const retry = retries.indexOf(ms);
      if (retry >= 0) retries.splice(retry, 1);
      else now += ms;
    },
    onExchange: ({ waitMs }) => {
      if (waitMs !== undefined) retries.push(waitMs);
    },
  };
}

function textOf(error: unknown): string {
  const failure = toFailure(error);
  const stack =
    failure.kind === 'bug' && error instanceof Error ? ` ${error.stack?.split('\n').slice(0, 4).join(' ')}` : '';
  return `${failure.code}: ${failureText(failure)}${stack}`;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...request } = parseJson(line) as JsonObject;
  const work = commands[String(command)];
  const answer = await (work ? work(request) : Promise.reject(new Error('unknown command'))).catch(
    (error: unknown) => ({
      error: textOf(error),
    }),
  );
  process.stdout.write(`${stringifyJson(answer)}\n`);
}
await real.close();
