/** `node bench/read.ts [--only NAME] [--json FILE] [--runs N]`: how fast and in how much memory streams are read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pythonWith } from './python.ts';
import { readRows } from './read/rows.ts';
import { type Figure, sayFigure } from './row.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'string' }, runs: { type: 'string', default: '1' } },
});
const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-bench-read-'));
const say = (line: string) => void process.stdout.write(`${line}\n`);
const database = () => Promise.reject(new Error('reading needs no database'));
const figures: Figure[] = [];
try {
  say(
    `Node ${process.versions.node}, ${os.cpus().length} cores, ${Math.round(os.totalmem() / 1e9)} GB; medians of ${values.runs}`,
  );
  for (const row of readRows.filter(({ name }) => name.includes(values.only ?? '')))
    for (const figure of await row.run({ runs: Number(values.runs), say, folder, database, python: pythonWith })) {
      figures.push(figure);
      sayFigure(figure, say);
    }
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ rows: figures }, null, 1)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(figures.every(({ ok }) => ok) ? 0 : 1);
