/**
 * `npm run soak [-- --seeds N --minutes M --seed S --path P]`: the load, broken wherever it can break, against its oracle. What
 * fails is made as small as it can be, and the line printed repeats it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import pg from 'pg';
import { startEmbeddedPostgres } from '#lib/db/embedded-postgres.ts';
import { stringifyJson } from '#lib/json.ts';
import { startStore } from './bucket.ts';
import { runScenario } from './run-scenario.ts';
import { scenarios } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
});
const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-soak-'));
const server = await startEmbeddedPostgres({ dataDir: folder, throwaway: true });
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
await admin.query('create database soak');
await admin.end();
const url = new URL(server.url);
url.pathname = '/soak';
const store = await startStore();

const USUAL = 500;
/** Until the time is up. */
const MANY = 1_000_000;
let run = 0;
const property = fc.asyncProperty(scenarios({ kills: true, mostSyncs: 3 }), async (scenario) => {
  run++;
  if (run % 50 === 0) process.stdout.write(`${run} scenarios\n`);
  await runScenario({ database: url.href, store }, scenario);
});
const result = await fc.check(property, {
  numRuns: Number(values.seeds ?? (values.minutes === undefined ? USUAL : MANY)),
  ...(values.minutes !== undefined && { interruptAfterTimeLimit: Number(values.minutes) * 60_000 }),
  ...(values.seed !== undefined && { seed: Number(values.seed) }),
  ...(values.path !== undefined && { path: values.path }),
});
await Promise.all([server.stop(), store.stop()]);
rmSync(folder, { recursive: true, force: true });
if (!server.folder.startsWith(folder)) rmSync(server.folder, { recursive: true, force: true });
if (!result.failed) {
  process.stdout.write(`${result.numRuns} scenarios held (seed ${result.seed})\n`);
  process.exit(0);
}
process.stdout.write(`${String(result.errorInstance)}\n${stringifyJson(result.counterexample, 1)}\n`);
process.stdout.write(`Again: npm run soak -- --seed=${result.seed} --path "${result.counterexamplePath}"\n`);
process.exit(1);
