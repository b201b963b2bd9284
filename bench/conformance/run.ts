/** `npm run conformance -- DIR --json FILE`: our engine against Airbyte's Python CDK, on every manifest of a folder. */
import { globSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { conform, type Engines, type ManifestResult, type StreamResult } from './conform.ts';
import { pythonEnvironment } from './environment.ts';
import { MockApi } from './mock/server.ts';
import { Worker } from './worker.ts';

const USAGE = `npm run conformance -- DIR [--json FILE] [--limit SECONDS] [--only TEXT] [--stream NAME] [--lanes N]

  DIR       a folder of manifests (*.yaml, below it too), or one manifest
  --json    writes the results to FILE
  --limit   seconds for one manifest (300), of which one stream may take 90
  --only    only manifests whose path contains TEXT
  --stream  only streams of this name
  --lanes   manifests compared at once, each lane with a mock API and two engines of its own (2)
`;
/** Time stands still here for both engines. */
const NOW = new Date('2026-03-15T12:00:00.123Z');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    limit: { type: 'string', default: '300' },
    only: { type: 'string' },
    stream: { type: 'string' },
    lanes: { type: 'string', default: '2' },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  process.stderr.write(USAGE);
  process.exit(2);
}

const { python, version } = pythonEnvironment();
say(`airbyte-cdk ${version}`);
const results: ManifestResult[] = [];
const files = manifestsIn(folder).filter((name) => name.includes(values.only ?? ''));
const queue = [...files];
await Promise.all(Array.from({ length: Math.max(1, Number(values.lanes)) }, lane));
sayTotals(results);

/** Takes manifest after manifest until none is left. */
async function lane(): Promise<void> {
  const mock = new MockApi();
  await mock.start();
  const here = import.meta.dirname;
  const engines = {
    weir: new Worker(process.execPath, [path.join(here, 'weir-worker.ts'), mock.address, NOW.toISOString()]),
    cdk: new Worker(python, [path.join(here, 'cdk-worker.py'), mock.address, NOW.toISOString()]),
    mock,
    now: NOW,
  };
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) await compared(file, engines);
  engines.weir.stop();
  engines.cdk.stop();
  mock.stop();
}

async function compared(file: string, engines: Engines): Promise<void> {
  const startedAt = Date.now();
  const result = await conform(file, engines, startedAt + Number(values.limit) * 1000, values.stream ?? null).catch(
    (error: unknown): ManifestResult => ({
      path: file,
      valid: false,
      spec: false,
      catalog: false,
      reason: `the harness failed: ${String((error as Error).stack)}`,
      streams: [],
    }),
  );
  results.push(result);
  sayResult(result, (Date.now() - startedAt) / 1000);
  const inOrder = results.toSorted((a, b) => files.indexOf(a.path) - files.indexOf(b.path));
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ cdk: version, manifests: inOrder }, null, 1)}\n`);
}

function manifestsIn(target: string): string[] {
  if (statSync(target).isFile()) return [path.resolve(target)];
  return globSync('**/*.{yaml,yml}', { cwd: target })
    .toSorted()
    .map((name) => path.resolve(target, name));
}

function sayResult({ path: file, valid, spec, catalog, reason, streams }: ManifestResult, seconds: number): void {
  const equal = streams.filter(isEqual).length;
  say(
    `${path.basename(file)}  valid ${mark(valid)} spec ${mark(spec)} catalog ${mark(catalog)}  ${equal}/${streams.length} streams  ${seconds.toFixed(1)} s${reason ? `  ${reason}` : ''}`,
  );
  for (const stream of streams) {
    const { counts } = stream;
    say(
      `  ${stream.name}  records ${mark(stream.records)} state ${mark(stream.state)} requests ${mark(stream.requests)}${counts ? `  (${counts.records} records, ${counts.requests} requests)` : ''}${stream.reason ? `  ${stream.reason}` : ''}`,
    );
  }
}

function sayTotals(manifests: readonly ManifestResult[]): void {
  const streams = manifests.flatMap((manifest) => manifest.streams);
  const of = (part: number, whole: number) =>
    `${part} of ${whole}${whole > 0 ? ` (${((100 * part) / whole).toFixed(1)} %)` : ''}`;
  const count = (what: 'valid' | 'spec' | 'catalog') =>
    of(manifests.filter((manifest) => manifest[what]).length, manifests.length);
  const streamCount = (what: 'records' | 'state' | 'requests') =>
    of(streams.filter((stream) => stream[what]).length, streams.length);
  say('');
  say(`manifests  valid ${count('valid')}, spec ${count('spec')}, catalog ${count('catalog')}`);
  say(
    `streams    records ${streamCount('records')}, state ${streamCount('state')}, requests ${streamCount('requests')}, all three ${of(streams.filter(isEqual).length, streams.length)}`,
  );
  const outcomes = (['both fail', 'empty', 'no answer', 'refused'] as const).map(
    (name) => `${name} ${streams.filter(({ outcome }) => outcome === name).length}`,
  );
  const read = streams.filter(({ outcome }) => outcome === 'read' || outcome === 'differs');
  say(
    `           of these ${outcomes.join(', ')}; where records came, all three ${of(read.filter(isEqual).length, read.length)}`,
  );
  say(
    `           equal save repeated requests of parents, logins and schemas: ${streams.filter((s) => isEqual(s) && s.reason?.includes('on purpose')).length}`,
  );
}

function isEqual({ records, state, requests }: StreamResult): boolean {
  return records && state && requests;
}

function mark(value: boolean): string {
  return value ? 'yes' : 'NO';
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
