import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { freePort } from '#lib/db/embedded-postgres.ts';

export interface WeirServer {
  readonly url: string;
  readonly port: number;
  readonly databaseUrl: string;
  readonly dataDir: string;
  /** All that it printed. */
  output(): string;
  /** Ends it as Ctrl-C does, or by another signal; resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Process ids of the running workers, as they registered. */
  workerPids(): Promise<number[]>;
}

interface WeirOptions {
  readonly env?: Record<string, string>;
  readonly dataDir?: string;
  /** The data folder outlives it, for who starts it again there. */
  readonly keepData?: boolean;
  /** A command that runs the rest of its line, with limits. */
  readonly within?: readonly string[];
}

/** `npm start` as a user runs it, on a free port with a data folder and a database of its own. */
export async function startWeir(options: WeirOptions = {}): Promise<WeirServer> {
  try {
    return await startOnce(options);
  } catch (error) {
    // Somebody else may have taken the port that was free a moment ago.
    if (options.env?.PORT || !/is taken/.test(String(error))) throw error;
    return startOnce(options);
  }
}

async function startOnce(options: WeirOptions): Promise<WeirServer> {
  const port = Number(options.env?.PORT ?? (await freePort()));
  const dataDir = options.dataDir ?? mkdtempSync(path.join(os.tmpdir(), 'weir-run-'));
  const databaseUrl = options.env?.DATABASE_URL ?? (await freshDatabase());
  const [command = '', ...args] = [...(options.within ?? []), process.execPath, 'lib/bin/start.mjs'];
  const child = spawn(command, args, {
    cwd: process.cwd(),
    env: {
      ...process.env,
      PORT: String(port),
      WEIR_DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      WEIR_LOG_LEVEL: 'warn',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  await ready(child, () => output);
  return {
    url: `http://localhost:${port}`,
    port,
    databaseUrl,
    dataDir,
    output: () => output,
    async stop(signal = 'SIGINT') {
      const code = await ended(child, signal);
      if (options.dataDir === undefined && !options.keepData)
        rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 });
      return code;
    },
    workerPids: () => workerPids(databaseUrl),
  };
}

function ready(child: ChildProcess, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => output().includes('Weir is ready') && resolve());
    child.once('exit', (code) => reject(new Error(`Weir ended with ${code} before it was ready:\n${output()}`)));
  });
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return exit;
}

async function freshDatabase(): Promise<string> {
  const admin = new pg.Client({ connectionString: process.env.WEIR_TEST_POSTGRES });
  const name = `weir_${Date.now()}_${process.pid}`;
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(process.env.WEIR_TEST_POSTGRES ?? '');
  url.pathname = `/${name}`;
  return url.href;
}

async function workerPids(databaseUrl: string): Promise<number[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pid from worker order by started_at desc');
  await client.end();
  // One that was killed stays registered until it has been silent for a while.
  return rows.map((row) => row.pid).filter((pid) => existsSync(`/proc/${pid}`));
}
