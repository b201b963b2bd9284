/** `npm run bench [-- --only NAME] [--json FILE] [--runs N]`: our loads against peers doing the same work. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEmbeddedPostgres } from '#lib/db/embedded-postgres.ts';
import { pythonWith } from './python.ts';
import { type Bench, type Figure, sayFigure } from './row.ts';
import { rows } from './rows.ts';

const RUNS = 5;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    runs: { type: 'string', default: String(RUNS) },
  },
});
const unknown = values.only.filter((name) => !rows.some((row) => row.name.includes(name)));
if (unknown.length > 0) {
  say(`No row is called ${unknown.join(', ')}. Rows: ${rows.map((row) => row.name).join(', ')}.`);
  process.exit(2);
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-bench-'));
const server = await startEmbeddedPostgres({ dataDir: folder });
let databases = 0;
const bench: Bench = {
  runs: Number(values.runs),
  say,
  folder,
  python: pythonWith,
  async database() {
    const name = `bench_${++databases}`;
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query(`create database ${name}`);
    await admin.end();
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  },
};
const figures: Figure[] = [];
try {
  say(
    `Node ${process.versions.node}, ${os.cpus().length} cores, ${Math.round(os.totalmem() / 1e9)} GB; medians of ${bench.runs}`,
  );
  const chosen = rows.filter(({ name }) => values.only.length === 0 || values.only.some((part) => name.includes(part)));
  for (const row of chosen) {
    for (const figure of await row.run(bench)) {
      figures.push(figure);
      sayFigure(figure, say);
    }
    if (values.json) writeFileSync(values.json, `${JSON.stringify({ rows: figures }, null, 1)}\n`);
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  if (!server.folder.startsWith(folder)) rmSync(server.folder, { recursive: true, force: true });
}
process.exit(figures.every(({ ok }) => ok) ? 0 : 1);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
