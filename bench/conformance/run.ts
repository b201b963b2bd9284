/** `npm run conformance -- DIR --json FILE`: our engine against Airbyte's Python CDK, on every manifest of a folder. */
import { globSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { conform, type Engines, type ManifestResult } from './conform.ts';
import { pythonEnvironment } from './environment.ts';
import { MockApi } from './mock/server.ts';
import { resultLines, totalLines } from './report.ts';
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
for (const line of totalLines(results)) say(line);

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
      reason: `the harness failed: ${String((error as Error).stack).replaceAll(/\s+/g, ' ')}`,
      streams: [],
    }),
  );
  results.push(result);
  for (const line of resultLines(result, (Date.now() - startedAt) / 1000)) say(line);
  const inOrder = results.toSorted((a, b) => files.indexOf(a.path) - files.indexOf(b.path));
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ cdk: version, manifests: inOrder }, null, 1)}\n`);
}

function manifestsIn(target: string): string[] {
  if (statSync(target).isFile()) return [path.resolve(target)];
  return globSync('**/*.{yaml,yml}', { cwd: target })
    .toSorted()
    .map((name) => path.resolve(target, name));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
