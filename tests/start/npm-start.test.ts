import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { freePort } from '#lib/db/embedded-postgres.ts';

test('a signal to npm stops everything, the embedded Postgres too, and the next start finds its data', async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'weir-start-'));
  chmodSync(dataDir, 0o755);
  try {
    const first = await npmStart(dataDir);
    expect(first.output()).toContain('Migrated the database');
    const postgres = readFileSync(path.join(dataDir, 'postgres-url'), 'utf8');
    expect(await answers(first.url, postgres)).toEqual({ web: true, postgres: true });
    // Longer than the minute for which proxies keep a connection that nothing uses.
    const [, keptS] = /timeout=(\d+)/.exec((await fetch(first.url)).headers.get('keep-alive') ?? '') ?? [];
    expect(Number(keptS)).toBeGreaterThan(60);
    await first.stop();
    expect(await answers(first.url, postgres)).toEqual({ web: false, postgres: false });

    const second = await npmStart(dataDir);
    expect(second.output()).not.toContain('Migrated the database');
    await second.stop();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

/** `npm start` as typed into a shell: what it starts is known to npm alone. */
async function npmStart(dataDir: string) {
  const port = await freePort();
  const { DATABASE_URL: _other, ...env } = process.env;
  const npm = spawn('npm', ['start'], { env: { ...env, PORT: String(port), WEIR_DATA_DIR: dataDir } });
  let output = '';
  npm.stderr.on('data', (chunk) => (output += chunk));
  const ready = new Promise<void>((resolve, reject) => {
    npm.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('Weir is ready')) resolve();
    });
    npm.once('exit', () => reject(new Error(output)));
  });
  await ready;
  return {
    url: `http://127.0.0.1:${port}/api/weir/v1/health`,
    output: () => output,
    async stop() {
      // Its pipes close when the last process that holds them has ended.
      const closed = once(npm, 'close');
      npm.kill('SIGTERM');
      await closed;
    },
  };
}

async function answers(url: string, postgres: string) {
  const client = new pg.Client({ connectionString: postgres });
  const [web, database] = await Promise.allSettled([fetch(url), client.connect()]);
  if (database.status === 'fulfilled') await client.end();
  return { web: web.status === 'fulfilled' && web.value.ok, postgres: database.status === 'fulfilled' };
}
