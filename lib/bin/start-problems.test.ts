import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '#lib/db/embedded-postgres.ts';
import { readEnv } from '#lib/env.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { startProblems } from './start-problems.ts';

function folder(): string {
  const made = mkdtempSync(path.join(os.tmpdir(), 'weir-start-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A port that somebody listens on. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return (server.address() as { port: number }).port;
}

const problems = (variables: Record<string, string>) => startProblems(readEnv(variables, '/nonexistent').env);

test('settings that work have no problems, also where the data folder is still to be made', async () => {
  const { url } = await testDatabase();
  const dataDir = path.join(folder(), 'not/yet/there');
  expect(await problems({ PORT: String(await freePort()), WEIR_DATA_DIR: dataDir, DATABASE_URL: url })).toEqual([]);
});

test('every problem comes at once: one line each that names the setting, and no password', async () => {
  const port = await takenPort();
  const file = path.join(folder(), 'file');
  writeFileSync(file, '');
  const told = await problems({
    PORT: String(port),
    WEIR_DATA_DIR: path.join(file, 'data'),
    DATABASE_URL: `postgres://ann:pa55word@127.0.0.1:${await freePort()}/weir`,
  });
  expect(told).toEqual([
    `Port ${port} is taken. Stop what listens there (another Weir?), or set PORT to another.`,
    expect.stringMatching(/^The data folder .*file\/data can't be .*WEIR_DATA_DIR\.$/),
    expect.stringMatching(/^The database at 127\.0\.0\.1:\d+\/weir of DATABASE_URL can't be reached: .*ECONNREFUSED/),
  ]);
  expect(told.join('')).not.toMatch(/pa55word|\n/);
});

test('a database that refuses the user, or is not there', async () => {
  const { url } = await testDatabase();
  const missing = new URL(url);
  missing.pathname = '/nowhere';
  const base = { PORT: String(await freePort()), WEIR_DATA_DIR: folder() };
  expect(await problems({ ...base, DATABASE_URL: missing.href })).toEqual([
    expect.stringMatching(/database "nowhere" does not exist/),
  ]);
});

test('a host that is not of this machine', async () => {
  const told = await problems({ PORT: String(await freePort()), HOST: '192.0.2.1', WEIR_DATA_DIR: folder() });
  expect(told).toEqual([
    expect.stringMatching(/^Can't listen on 192\.0\.2\.1:\d+ \(EADDRNOTAVAIL\)\. Set HOST and PORT/),
  ]);
});
