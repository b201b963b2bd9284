import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { openConfig } from '#lib/secrets.ts';
import { type TestApi, testApi } from '#tests/harness/api.ts';
import { demoDatabaseName } from './demo-database.ts';
import { DEMO_CONNECTIONS } from './demo-plan.ts';
import { repointDemo } from './repoint-demo.ts';

const V1 = '/api/weir/v1';

async function apiWithDemo(variables: Record<string, string> = { PORT: '18000' }): Promise<TestApi> {
  const api = await testApi(variables);
  const name = await demoDatabaseName(api.db);
  onTestFinished(async () => {
    const admin = new pg.Client({ connectionString: process.env.WEIR_TEST_POSTGRES });
    await admin.connect();
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.query(`drop role if exists ${name}`);
    await admin.end();
  });
  return api;
}

test('makes connections that run, once however often it is loaded', async () => {
  const api = await apiWithDemo();
  const ada = await api.admin();
  const all = DEMO_CONNECTIONS.length;
  expect(await ada.send('POST', `${V1}/demo`)).toMatchObject({ status: 200, body: { connections: all, started: all } });
  expect((await ada.send('POST', `${V1}/demo`)).body).toEqual({ connections: all, started: 0 });
  expect(api.sent.filter(({ name }) => name === 'sync')).toHaveLength(all);
  const { body } = await ada.get<{ name: string; nextDue: string | null }[]>(`${V1}/connections`);
  expect(body.map(({ name }) => name).toSorted()).toEqual(DEMO_CONNECTIONS.map(({ name }) => name).toSorted());
  expect(body.every(({ nextDue }) => nextDue !== null)).toBe(true);
  expect((await ada.get<unknown[]>(`${V1}/suites`)).body).toHaveLength(3);
  expect(JSON.stringify((await ada.get(`${V1}/sources`)).body)).not.toContain('demo-token');
});

test('writes to a database of its own with a role that owns nothing else', async () => {
  const api = await apiWithDemo();
  await (await api.admin()).send('POST', `${V1}/demo`);
  const [row] = await api.query<{ id: string; config: JsonObject }>('select id, config from destination');
  const config = openConfig(api.context.secrets, row?.config ?? {}, `destination:${row?.id}`);
  const { host, port, database, username, password } = config as Record<string, string>;
  const client = new pg.Client({ host, port: Number(port), database, user: username, password });
  await client.connect();
  await client.query('create schema demo; create table demo.t (); drop schema demo cascade');
  await client.end();
  const elsewhere = new pg.Client({
    host,
    port: Number(port),
    database: new URL(api.url).pathname.slice(1),
    user: username,
    password,
  });
  await elsewhere.connect();
  await expect(elsewhere.query('select * from source')).rejects.toThrow('permission denied');
  await elsewhere.end();
});

test('follows the service to another port', async () => {
  const api = await apiWithDemo();
  const ada = await api.admin();
  await ada.send('POST', `${V1}/demo`);
  const url = new URL(api.url);
  url.port = '5999';
  await repointDemo({ ...api.context, env: { ...api.context.env, port: 19_000 }, databaseUrl: url.href });
  expect(await api.query(`select config ->> 'api_url' as url from source where config ? 'api_url'`)).toEqual([
    { url: 'http://127.0.0.1:19000/demo/api' },
  ]);
  expect(await api.query(`select config ->> 'port' as port from destination`)).toEqual([{ port: '5999' }]);
  expect(await api.query('select port from allowed_host order by port')).toEqual([{ port: 5999 }, { port: 19_000 }]);
});

test('workers elsewhere are sent where the operator says that the web server is', async () => {
  const api = await apiWithDemo({ HOST: '0.0.0.0', WEIR_DEMO_URL: 'http://web:8000/demo/' });
  await (await api.admin()).send('POST', `${V1}/demo`);
  expect(
    await api.query(`select distinct config ->> 'files_url' as url from source where config ? 'files_url'`),
  ).toEqual([{ url: 'http://web:8000/demo/files' }]);
  expect(await api.query(`select host, port from allowed_host where reason = 'Demo API'`)).toEqual([
    { host: 'web', port: 8000 },
  ]);
});
