import { createHmac } from 'node:crypto';
import { connectDatabase, type Db } from './db/connect.ts';
import { type Env, readEnv } from './env.ts';
import { createEnvReferences } from './env-references.ts';
import { createQueue, type Queue } from './jobs/queue.ts';
import type { Kept } from './kept.ts';
import { createLog, type Log } from './log.ts';
import { secretKeys } from './secret-key.ts';
import { createSecrets, type Secrets } from './secrets.ts';

/** What the operations are given: each declares the part that it needs. */
export interface Context {
  readonly env: Env;
  /** The service's own database, as a connection string. */
  readonly databaseUrl: string;
  readonly db: Db;
  /** The same tables, for what a task notes about itself: commits wait for no disk there. */
  readonly notes?: Db;
  readonly log: Log;
  readonly clock: () => Date;
  readonly secrets: Secrets;
  readonly queue: Queue;
  /** Where the process takes several tasks. */
  readonly kept?: Kept;
  /** Signs session cookies. */
  readonly authSecret: string;
  /** Bearer token of this installation's demo API. */
  readonly demoToken: string;
  /** What its demo API takes: while the key is replaced, the token that followed from the old one too. */
  demoTokens(): readonly string[];
  close(): Promise<void>;
}

interface ContextOptions {
  /** Names the process in logs and in pg_stat_activity. */
  readonly name: string;
  readonly maxConnections?: number;
}

export function createContext(env: Env, { name, maxConnections }: ContextOptions): Context {
  const databaseUrl = env.databaseUrl ?? '';
  const keys = secretKeys(env);
  const references = createEnvReferences(env.envReferences, process.env);
  const log = createLog(name, env.logLevel);
  const clock = () => new Date();
  const db = connectDatabase(databaseUrl, { name: `weir ${name}`, ...(maxConnections && { maxConnections }) });
  const queue = createQueue({ databaseUrl, log });
  return {
    env,
    databaseUrl,
    db,
    log,
    clock,
    secrets: createSecrets(keys, { references }),
    queue,
    authSecret: createHmac('sha256', keys().current).update('session cookies').digest('base64url'),
    get demoToken() {
      return demoTokenOf(keys().current);
    },
    demoTokens() {
      const { current, previous } = keys();
      return [current, ...(previous === null ? [] : [previous])].map(demoTokenOf);
    },
    async close() {
      await queue.stop();
      await db.destroy();
    },
  };
}

/** Follows from the key, so that no process has to be told. */
export function demoTokenOf(secretKey: string): string {
  return createHmac('sha256', secretKey).update('demo api').digest('base64url').slice(0, 24);
}

const SHARED = Symbol.for('weir.context');
type Shared = { [SHARED]?: Context };

/** The pages live in Next's bundle, which has its own copy of every module: they share the server's context through here. */
export function shareContext(context: Context): void {
  (globalThis as Shared)[SHARED] = context;
}

export function getContext(): Context {
  const shared = (globalThis as Shared)[SHARED];
  if (shared) return shared;
  const context = createContext(readEnv(process.env, process.cwd()).env, { name: 'pages' });
  shareContext(context);
  return context;
}
