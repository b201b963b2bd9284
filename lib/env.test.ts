import { expect, test } from 'vitest';
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
    },
    '/srv/weir',
  );
  const names = ['PORT', 'DATABASE_URL', 'WEIR_SECRET_KEY', 'WEIR_LOG_LEVEL', 'WEIR_SYNC_MEMORY_MB'];
  expect(problems).toHaveLength(names.length);
  for (const name of names) expect(problems.join('\n')).toContain(name);
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
