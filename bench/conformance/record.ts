/** `node bench/conformance/record.ts`: what the CDK does with our own manifests, for the tests that run without Python. */
import { globSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isJsonObject, type JsonObject, stringifyJson } from '#lib/json.ts';
import { asObject } from './compare.ts';
import { configFor } from './config.ts';
import { pythonEnvironment } from './environment.ts';
import type { Received } from './mock/answers.ts';
import { MockApi } from './mock/server.ts';
import { Worker } from './worker.ts';

const NOW = new Date('2026-03-15T12:00:00.123Z');
const LIMIT_MS = 60_000;

const folder = path.join(import.meta.dirname, '../../lib/extract/vectors');
const { python, version } = pythonEnvironment();
const mock = new MockApi();
await mock.start();
const cdk = new Worker(python, [path.join(import.meta.dirname, 'cdk-worker.py'), mock.address, NOW.toISOString()]);
const manifests = [];
for (const file of globSync('*.yaml', { cwd: folder }).toSorted()) manifests.push(await recordManifest(file));
const text = stringifyJson({ cdk: version, now: NOW.toISOString(), manifests });
writeFileSync(path.join(folder, 'vectors.json'), `${text}\n`);
cdk.stop();
mock.stop();

async function recordManifest(file: string): Promise<JsonObject> {
  const ask = (request: JsonObject) => answered(cdk, { path: path.join(folder, file), ...request });
  const loaded = await ask({ command: 'load' });
  const manifest = asObject(loaded.manifest);
  const config = configFor(asObject(asObject(loaded.spec).connectionSpecification), manifest, NOW);
  const { streams: found } = await ask({ command: 'discover', config });
  const streams: JsonObject[] = [];
  for (const [index, component] of (manifest.streams as JsonObject[]).entries()) {
    mock.become(component, { config, now: () => NOW });
    const stream = (found as JsonObject[])[index] ?? {};
    const read = async (state: JsonObject | null): Promise<JsonObject> => {
      mock.forget();
      const { records, state: final, error } = await ask({ command: 'read', config, index, stream, state });
      return {
        given: state,
        records: records ?? [],
        final: final ?? null,
        failed: error !== null,
        exchanges: mock.forget().map(exchange),
      };
    };
    const first = await read(null);
    const again = isJsonObject(first.final) && component.incremental_sync ? [await read(first.final)] : [];
    streams.push({ name: String(component.name), runs: [first, ...again] });
  }
  process.stdout.write(`${file}: ${streams.length} streams\n`);
  return { file, config, catalog: found ?? null, streams };
}

async function answered(worker: Worker, request: JsonObject): Promise<JsonObject> {
  const answer = await worker.ask(request, LIMIT_MS);
  if (answer === null) throw new Error(`no answer: ${worker.lastWords}`);
  if (typeof answer.error === 'string' && request.command !== 'read') throw new Error(answer.error);
  return answer;
}

/** Bodies are text: none of these manifests reads anything else. */
function exchange({ method, origin, path: at, query, body, answer }: Received): JsonObject {
  const url = new URL(`${origin}${at}`);
  for (const [name, value] of query) url.searchParams.append(name, value);
  return {
    ...{ method, url: url.href, body, status: answer?.status ?? 0 },
    headers: { ...answer?.headers },
    answer: String(answer?.body ?? ''),
  };
}
