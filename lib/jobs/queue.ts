import { sql } from 'kysely';
import { fromKysely, PgBoss } from 'pg-boss';
import type { Db } from '#lib/db/connect.ts';
import type { Log } from '#lib/log.ts';

export const JOB_NAMES = ['sync', 'probe', 'checks', 'deliver', 'command'] as const;
export type JobName = (typeof JOB_NAMES)[number];

/** Ids only: the rows say what is to be done and what has become of it. */
export type JobData = Readonly<Record<string, string | number>>;

export interface SendOptions {
  /** Enqueue in this transaction: a rollback never runs the job. */
  readonly tx?: Db;
  /** A second job with the same id is not enqueued. */
  readonly id?: string;
  readonly startAfterS?: number;
}

export interface Queue {
  send(name: JobName, data: JobData, options?: SendOptions): Promise<void>;
  /** Takes up to `concurrency` jobs at once until `stop`. A handler that throws has its job tried again. */
  work(name: JobName, options: { concurrency: number }, handler: (data: JobData) => Promise<void>): Promise<void>;
  /** Takes away the jobs whose data has one of the ids in this field, in the transaction that deletes what they are about. */
  forget(name: JobName, field: string, ids: readonly string[], tx: Db): Promise<void>;
  /** Of these ids in this field, those that no job waits or runs for. */
  lost(name: JobName, field: string, ids: readonly (string | number)[], tx: Db): Promise<(string | number)[]>;
  stop(): Promise<void>;
}

/** Jobs and retries that wait for a time are not notified: they are looked for this often. */
const LOOK_S = 2;
/** The same where the database notifies nobody, as behind some poolers. */
const POLL_S = 0.5;
/** A worker that is silent this long has lost its jobs; the least that pg-boss takes. */
const HEARTBEAT_S = 10;
const EXPIRE_S = 24 * 3600 - 60;
/** Attempts are counted on the sync; this only bounds how often a job may lose its worker. */
const RETRIES = 50;

/** Jobs on Postgres (pg-boss): woken by NOTIFY, enqueued in the transaction that decides on them. Connects when first used. */
export function createQueue({ databaseUrl, log }: { databaseUrl: string; log: Log }): Queue {
  let started: Promise<PgBoss> | null = null;
  const boss = (role: 'send' | 'work') => {
    started ??= start(databaseUrl, log, role);
    return started;
  };
  return {
    async send(name, data, { tx, id, startAfterS } = {}) {
      const queue = await boss('send');
      await queue.send(name, data, {
        ...(tx && { db: fromKysely(tx) }),
        ...(id && { id }),
        ...(startAfterS && { startAfter: startAfterS }),
      });
    },
    async work(name, { concurrency }, handler) {
      const queue = await boss('work');
      const options = {
        pollingIntervalSeconds: POLL_S,
        notifyPollingIntervalSeconds: LOOK_S,
        heartbeatRefreshSeconds: 1,
      };
      // One at a time each: of several under one id only the first can be told to ask again.
      for (let taker = 0; taker < concurrency; taker++) {
        const workId: string = await queue.work<JobData>(name, options, async ([job]) => {
          try {
            if (job) await handler(job.data);
          } finally {
            // The end of a job wakes nobody: whoever had it asks for the next one.
            queue.notifyWorker(workId);
          }
        });
      }
    },
    async forget(name, field, ids, tx) {
      await boss('send');
      await sql`delete from pgboss.job where name = ${name} and data ->> ${field} = any(${[...ids]})`.execute(tx);
    },
    async lost(name, field, ids, tx) {
      if (ids.length === 0) return [];
      await boss('send');
      const { rows } = await sql<{ id: string }>`
        select data ->> ${field} as id from pgboss.job
        where name = ${name} and state < 'completed' and data ->> ${field} = any(${ids.map(String)})`.execute(tx);
      const there = new Set(rows.map(({ id }) => id));
      return ids.filter((id) => !there.has(String(id)));
    },
    async stop() {
      if (started === null) return;
      const queue = await started;
      await queue.stop({ graceful: false });
    },
  };
}

/** Only workers supervise; whoever just sends keeps one connection and no timers. */
async function start(databaseUrl: string, log: Log, role: 'send' | 'work'): Promise<PgBoss> {
  const working = role === 'work';
  const boss = new PgBoss({
    connectionString: databaseUrl,
    application_name: `weir queue ${role}`,
    max: working ? 5 : 1,
    schedule: false,
    supervise: working,
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 2,
    useListenNotify: working,
  });
  boss.on('error', (error) => log.warn({ err: error }, 'queue'));
  await boss.start();
  for (const name of JOB_NAMES) {
    const queue = await boss.getQueue(name);
    if (queue === null) await boss.createQueue(name, HOW_ALL_JOBS_RUN);
    else if (queue.heartbeatSeconds !== HEARTBEAT_S) await boss.updateQueue(name, HOW_ALL_JOBS_RUN);
  }
  return boss;
}

/** Whatever a lost worker did, another one takes it up within seconds: what a job has done already, its row knows. */
const HOW_ALL_JOBS_RUN = {
  notify: true,
  retryLimit: RETRIES,
  retryDelay: 1,
  expireInSeconds: EXPIRE_S,
  heartbeatSeconds: HEARTBEAT_S,
};
