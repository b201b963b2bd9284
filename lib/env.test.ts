import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readEnv } from './env.ts';

test('an empty environment gives the documented defaults', () => {
  const { env, problems } = readEnv({}, '/srv/weir');
  expect(problems).toEqual([]);
  expect(env).toMatchObject({
    port: 8000,
    host: '127.0.0.1',
    dataDir: '/srv/weir/.weir',
    databaseUrl: null,
    concurrency: 4,
  });
});

test('all problems are told at once, each with its variable', () => {
  const { problems } = readEnv(
    {
      PORT: 'http',
      DATABASE_URL: 'mysql://x',
      WEIR_SECRET_KEY: 'short',
      WEIR_LOG_LEVEL: 'loud',
      WEIR_SYNC_MEMORY_MB: '1',
      WEIR_SYNC_CPU: 'half',
      WEIR_SYNC_CPU_MOST: '0.01',
    },
    '/srv/weir',
  );
  const names = ['PORT', 'DATABASE_URL', 'WEIR_SECRET_KEY', 'WEIR_LOG_LEVEL', 'WEIR_SYNC_MEMORY_MB'];
  names.push('WEIR_SYNC_CPU is', 'WEIR_SYNC_CPU_MOST is');
  expect(problems).toHaveLength(names.length);
  for (const name of names) expect(problems.join('\n')).toContain(name);
});

test('a sync takes as much CPU as there is, unless the operator says less; a connection may ask for as much as that', () => {
  const of = (variables: Record<string, string>) => {
    const { syncCpuCores, mostSyncCpuCores } = readEnv(variables, '/srv').env;
    return [syncCpuCores, mostSyncCpuCores];
  };
  expect(of({})).toEqual([null, null]);
  expect(of({ WEIR_SYNC_CPU: '0.5' })).toEqual([0.5, 0.5]);
  expect(of({ WEIR_SYNC_CPU: '0.5', WEIR_SYNC_CPU_MOST: '2' })).toEqual([0.5, 2]);
  expect(of({ WEIR_SYNC_CPU_MOST: '2' })).toEqual([null, 2]);
  expect(of({ WEIR_SYNC_CPU: '2', WEIR_SYNC_CPU_MOST: '1' })).toEqual([2, 2]);
});

test('signing in by a provider needs all of its settings', () => {
  const settings = {
    WEIR_OIDC_ISSUER: 'https://id.example/',
    WEIR_OIDC_CLIENT_ID: 'weir',
    WEIR_OIDC_CLIENT_SECRET: 's',
  };
  const { env, problems } = readEnv(settings, '/srv');
  expect(problems).toEqual([]);
  expect(env.oidc).toMatchObject({ issuer: 'https://id.example', join: 'invited', trustEmail: false });
  const of = (variables: Record<string, string>) => readEnv(variables, '/srv').problems.length;
  expect(of({ WEIR_OIDC_CLIENT_ID: 'weir' })).toBe(2);
  expect(of({ ...settings, WEIR_OIDC_ISSUER: 'http://id.example' })).toBe(1);
  expect(of({ ...settings, WEIR_OIDC_ISSUER: 'http://127.0.0.1:9' })).toBe(0);
  expect(of({ ...settings, WEIR_OIDC_JOIN: 'admin' })).toBe(1);
});

test('a public address loses its trailing slash', () => {
  expect(readEnv({ WEIR_URL: 'https://weir.example.com/' }, '/srv').env.publicUrl).toBe('https://weir.example.com');
});

test('the API is open without credentials only where nobody else can reach it', () => {
  expect(readEnv({ WEIR_API_AUTH: 'off' }, '/srv')).toMatchObject({
    problems: [],
    env: { apiAuth: false, apiPort: null },
  });
  for (const HOST of ['localhost', '::1']) expect(readEnv({ WEIR_API_AUTH: 'off', HOST }, '/srv').problems).toEqual([]);
  const open = readEnv({ WEIR_API_AUTH: 'off', HOST: '0.0.0.0' }, '/srv');
  expect(open.problems).toEqual([expect.stringContaining('WEIR_API_AUTH=off needs HOST to be 127.0.0.1')]);
  expect(readEnv({ WEIR_API_AUTH: 'off', WEIR_TRUST_PROXY: '1' }, '/srv').problems).toHaveLength(1);
  expect(readEnv({ WEIR_API_AUTH: 'maybe', WEIR_API_PORT: '8000' }, '/srv').problems).toHaveLength(2);
});

test('the key may stand in a file; one that is missing, short, or there twice is a problem', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'weir-key-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(path.join(dir, 'key'), `${'k'.repeat(32)}\n`);
  writeFileSync(path.join(dir, 'short'), 'k');
  expect(readEnv({ WEIR_SECRET_KEY_FILE: 'key' }, dir)).toMatchObject({
    problems: [],
    env: { secretKey: 'k'.repeat(32) },
  });
  const problems = (variables: Record<string, string>) => readEnv(variables, dir).problems;
  expect(problems({ WEIR_SECRET_KEY_FILE: 'none' })).toEqual(["WEIR_SECRET_KEY_FILE names none, which can't be read."]);
  expect(problems({ WEIR_SECRET_KEY_FILE: 'short' })).toEqual([
    'WEIR_SECRET_KEY_FILE is too short: it takes at least 32 characters.',
  ]);
  expect(problems({ WEIR_SECRET_KEY_FILE: 'key', WEIR_SECRET_KEY: 'x'.repeat(32) })).toHaveLength(1);
});
