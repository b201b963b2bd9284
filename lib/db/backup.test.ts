import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { backUp, restore } from './backup.ts';
import { type EmbeddedPostgres, embeddedPlace, startEmbeddedPostgres } from './embedded-postgres.ts';

/** A data folder of the test's own, with the folder that Postgres may have been given elsewhere. */
function dataFolder() {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'weir-backup-test-'));
  onTestFinished(() => {
    const { folder } = embeddedPlace(dataDir);
    for (const made of [folder, dataDir]) rmSync(made, { recursive: true, force: true });
  });
  return { dataDir, databaseUrl: null, secretKey: null };
}

async function running(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir });
  onTestFinished(() => server.stop());
  return server;
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('what is backed up comes back in another folder: rows, uploads and the secret key', async () => {
  const first = dataFolder();
  const server = await running(first.dataDir);
  await ask(server.url, `create table kept as select 1 as id, 'Grüße' as text`);
  writeFileSync(path.join(first.dataDir, 'secret-key'), 'k'.repeat(43));
  await mkdir(path.join(first.dataDir, 'uploads/w'), { recursive: true });
  writeFileSync(path.join(first.dataDir, 'uploads/w/orders.csv'), 'id\n1\n');
  const file = path.join(first.dataDir, 'backup.tar.gz');
  await expect(backUp(first, file)).rejects.toMatchObject({ code: 'still_running' });
  expect(existsSync(file)).toBe(false);
  await server.stop();
  expect(await backUp(first, file)).toMatch(/^Backed up .* It holds the secret key too/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await expect(backUp(first, file)).rejects.toMatchObject({ code: 'file_exists' });

  const second = dataFolder();
  expect(await restore(second, file)).toMatch(/^Restored the backup of \d{4}-/);
  const again = await running(second.dataDir);
  expect(await ask(again.url, 'select * from kept')).toEqual([{ id: 1, text: 'Grüße' }]);
  expect(readFileSync(path.join(second.dataDir, 'secret-key'), 'utf8')).toBe('k'.repeat(43));
  expect(readFileSync(path.join(second.dataDir, 'uploads/w/orders.csv'), 'utf8')).toBe('id\n1\n');
  await expect(restore(second, file)).rejects.toMatchObject({ code: 'not_empty' });
});

test('a key of the environment is not written down, and the restore says that it is needed', async () => {
  const first = { ...dataFolder(), secretKey: 'e'.repeat(43) };
  writeFileSync(path.join(first.dataDir, 'secret-key'), 'an older one');
  await (await running(first.dataDir)).stop();
  const file = path.join(first.dataDir, 'backup.tar.gz');
  expect(await backUp(first, file)).toContain('The secret key is not in it: keep WEIR_SECRET_KEY');
  const second = dataFolder();
  expect(await restore(second, file)).toContain('Start it with the WEIR_SECRET_KEY that it had.');
  expect(existsSync(path.join(second.dataDir, 'secret-key'))).toBe(false);
});

test('a backup says what it does, and one that is stopped or killed leaves no part of itself', async () => {
  const env = dataFolder();
  await (await running(env.dataDir)).stop();
  const file = path.join(env.dataDir, 'backup.tar.gz');
  // As kill -9 leaves it, of a process that is gone; the other's is still running.
  writeFileSync(`${file}.partial-${2 ** 30}`, 'half');
  writeFileSync(`${file}.partial-${process.ppid}`, 'half');
  // In a container the next process may well have the number of the last one.
  writeFileSync(`${file}.partial-${process.pid}`, 'half');
  writeFileSync(`${file}.partial-notes.txt`, 'not of a backup');
  const said: string[] = [];
  const stop = new AbortController();
  const say = (line: string) => {
    said.push(line);
    stop.abort();
  };
  await expect(backUp(env, file, { signal: stop.signal, say })).rejects.toMatchObject({ code: 'stopped' });
  expect(said).toEqual([
    expect.stringMatching(/^Packing \d+\.\d MB of database and uploads; Weir has to stay stopped/),
  ]);
  const parts = () => readdirSync(env.dataDir).filter((name) => name.startsWith('backup.tar.gz'));
  const others = [`backup.tar.gz.partial-${process.ppid}`, 'backup.tar.gz.partial-notes.txt'];
  expect(parts().toSorted()).toEqual(others);
  await backUp(env, file);
  expect(parts().toSorted()).toEqual(['backup.tar.gz', ...others]);
});

test('what is no backup is refused and leaves nothing behind', async () => {
  const env = dataFolder();
  const file = path.join(env.dataDir, 'other.tar.gz');
  await expect(restore(env, file)).rejects.toMatchObject({ code: 'no_such_file' });
  writeFileSync(file, 'not a tar');
  await expect(restore(env, file)).rejects.toMatchObject({ code: 'tar_failed' });
  await expect(backUp(env, `${file}.2`)).rejects.toMatchObject({ code: 'nothing_to_back_up' });
  const elsewhere = { ...env, databaseUrl: 'postgres://db.example/weir' };
  await expect(backUp(elsewhere, file)).rejects.toMatchObject({ code: 'not_embedded' });
});
