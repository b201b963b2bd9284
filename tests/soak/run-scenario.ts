import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { Failure } from '#lib/errors.ts';
import { stringifyJson } from '#lib/json.ts';
import { type AttemptOf, runAttempt } from './attempt.ts';
import { assertBucket } from './bucket.ts';
import { choppingProxy } from './chopping-proxy.ts';
import { assertCounts, assertTable } from './oracle.ts';
import type { Death, Scenario } from './scenario.ts';

/** Attempts that were never to be lost may still meet what lost ones left behind. */
const MOST_TRIES = 4;

export interface Places {
  /** A Postgres database. */
  readonly database: string;
  /** An S3 store with the bucket `soak`. */
  readonly store: string;
}

/** Runs every sync of the scenario, attempt by attempt, and holds what readers see against the oracle after each. */
export async function runScenario({ database, store }: Places, scenario: Scenario): Promise<void> {
  const inBucket = scenario.layout === 'bucket';
  const url = inBucket ? store : database;
  const db = new pg.Pool({ connectionString: database, max: 1 });
  db.on('error', () => undefined);
  const assertPublished = async (sync: number, finished: boolean) => {
    if (inBucket) return assertBucket(store, scenario, { table, sync, finished });
    await assertTable(db, scenario, { table, sync });
    if (finished) await assertCounts(db, scenario, { table, sync });
  };
  const proxy = await choppingProxy(url);
  const table = `t_${randomUUID().slice(0, 8)}`;
  let fence = Number(process.hrtime.bigint() / 1_000n);
  try {
    for (const [sync, { deaths }] of scenario.syncs.entries()) {
      for (const [index, death] of deaths.entries()) {
        const of = { url: proxy.url, table, sync, attempt: index + 1, fence: fence++ };
        await die(scenario, of, death, proxy);
        await assertPublished(sync, false);
      }
      await finish(scenario, { url, table, sync, attempt: deaths.length + 1, fence: fence++ });
      fence += MOST_TRIES;
      await assertPublished(sync, true);
    }
    if (!inBucket) await assertNothingLeft(db, table);
  } finally {
    proxy.close();
    await db.end();
  }
}

async function die(
  scenario: Scenario,
  of: AttemptOf,
  death: Death,
  proxy: Awaited<ReturnType<typeof choppingProxy>>,
): Promise<void> {
  proxy.mend();
  if (death.kind === 'cut') proxy.chop(death.after, death);
  const failure =
    death.kind === 'kill'
      ? await killed(scenario, of, death)
      : await runAttempt(scenario, { ...of, ...(death.kind === 'source' && { sourceBreaks: death.after }) });
  proxy.mend();
  if (failure?.kind === 'bug') throw new Error(`a bug: ${failure.message}`);
}

async function finish(scenario: Scenario, of: AttemptOf): Promise<void> {
  let failure: Failure | null = null;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    failure = await runAttempt(scenario, { ...of, fence: of.fence + tries });
    if (failure === null) return;
  }
  throw new Error(`the sync did not end: ${failure?.code} ${failure?.message}`);
}

/** In a process of its own, which ends itself as `kill -9` would. */
async function killed(
  scenario: Scenario,
  of: AttemptOf,
  { point, nth }: Extract<Death, { kind: 'kill' }>,
): Promise<Failure | null> {
  const file = path.join(os.tmpdir(), `weir-soak-${randomUUID()}.json`);
  writeFileSync(file, stringifyJson({ scenario, of }));
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'attempt-child.ts'), file], {
    env: { ...process.env, WEIR_KILL_AT: `${point}:${nth}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const [code] = await new Promise<[number | null]>((resolve) => child.once('close', (ended) => resolve([ended])));
  rmSync(file, { force: true });
  return code === 0 ? (JSON.parse(output) as Failure | null) : null;
}

/** A sync that is over leaves no stage behind. */
async function assertNothingLeft(db: pg.Pool, table: string): Promise<void> {
  const { rows } = await db.query('select 1 from _weir.stage where name = $1', [table]);
  if (rows.length > 0) throw new Error('a stage was left behind');
}
