import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { demoTokenOf } from '#lib/context.ts';
import type { Env } from '#lib/env.ts';
import { readEnv } from '#lib/env.ts';
import { secretKeys } from '#lib/secret-key.ts';
import { createSecrets, openConfig, sealedPrefix } from '#lib/secrets.ts';
import { type TestApi, testApi } from '#tests/harness/api.ts';
import { CLIENT, oauthProvider } from '#tests/harness/oauth-provider.ts';
import { make } from '#tests/harness/shop.ts';
import { rotateSecrets, sealedWith } from './rotate-secrets.ts';
import { secretsCommand } from './secrets-command.ts';

const V1 = '/api/weir/v1';
/** As `testApi` has it. */
const OLD = 'k'.repeat(43);
const NEW = 'n'.repeat(43);
const credentials = { auth_type: 'OAuth', client_id: CLIENT.id, client_secret: CLIENT.secret };

/** A service with something sealed in every place that Weir seals. */
async function filled(): Promise<TestApi & { sourceId: string; connectorId: string }> {
  const service = await testApi();
  const ada = await service.admin();
  const provider = await oauthProvider({});
  onTestFinished(() => provider.server.close());
  const connectorId = await make(ada, 'connectors', { name: 'Orders', manifest: provider.manifest });
  await ada.send('POST', `${V1}/connectors/${connectorId}/versions`, { manifest: provider.manifest });
  const config = { credentials: { ...credentials, refresh_token: 'refresh-1' } };
  const sourceId = await make(ada, 'sources', { name: 'Orders', connectorId, config });
  await make(ada, 'destinations', {
    ...{ name: 'Warehouse', type: 'postgres' },
    config: { host: 'db.example.com', port: 5432, database: 'w', username: 'w', password: 'pw', schema: 'public' },
  });
  await make(ada, 'channels', {
    ...{ type: 'slack', name: 'Alerts', config: { webhookUrl: 'https://hooks.slack.com/services/T0/B0/x' } },
  });
  await ada.send('POST', `${V1}/oauth/consents`, { connectorId, name: 'Shop', config: { credentials } });
  await ada.send('POST', `${V1}/probes`, { kind: 'check_source', sourceId });
  await ada.send('POST', `${V1}/api-keys`, { name: 'Airflow', role: 'editor' }, { 'idempotency-key': 'once' });
  return { ...service, sourceId, connectorId };
}

function run(env: Env, action: string) {
  const lines: string[] = [];
  return secretsCommand(env, action, (line) => lines.push(line)).then(() => lines);
}

test('every sealed value opens with the new key alone afterwards', async () => {
  const { db, query, sourceId } = await filled();
  const places = ['channel', 'destination', 'idempotent_answer', 'oauth_consent', 'probe', 'source'];
  expect(Object.keys(await sealedWith(db, OLD)).toSorted()).toEqual(places);
  const first = await rotateSecrets(db, { current: NEW, previous: OLD });
  expect(first).toEqual({ rows: places.length, unreadable: [] });
  expect(await sealedWith(db, OLD)).toEqual({});
  expect(Object.keys(await sealedWith(db, NEW)).toSorted()).toEqual(places);
  const [row] = await query<{ config: Record<string, never> }>('select config from source');
  expect(openConfig(createSecrets(NEW), row?.config ?? {}, `source:${sourceId}`)).toMatchObject({
    credentials: { client_secret: CLIENT.secret, refresh_token: 'refresh-1' },
  });
  expect(await rotateSecrets(db, { current: NEW, previous: OLD })).toEqual({ rows: 0, unreadable: [] });
});

test('more rows than a batch, some sealed already and one that no key opens: the rest is done, the one is named', async () => {
  const { db, query, connectorId } = await filled();
  await query(`insert into source (workspace_id, connector_id, name, config)
    select s.workspace_id, '${connectorId}', 'Source ' || n, s.config from source s, generate_series(1, 250) n`);
  const rows = await query<{ id: string; name: string }>(`select id, name from source order by id`);
  const secrets = createSecrets(OLD);
  for (const { id } of rows.slice(0, -1))
    await query(
      `update source set config = '${JSON.stringify({ token: { $sealed: secrets.seal('"t"', `source:${id}`) } })}' where id = '${id}'`,
    );
  const last = rows.at(-1)?.id ?? '';
  const moved = { token: { $sealed: secrets.seal('"t"', 'source:another') } };
  await query(`update source set config = '${JSON.stringify(moved)}' where id = '${last}'`);
  const { rows: done, unreadable } = await rotateSecrets(db, { current: NEW, previous: OLD });
  expect(done).toBe(rows.length - 1 + 5);
  expect(unreadable).toEqual([`source ${last}`]);
  expect(await sealedWith(db, OLD)).toEqual({ source: 1 });
});

test('with the key in the environment, the operator brings both', async () => {
  const { url, db } = await filled();
  const of = (variables: Record<string, string>) => readEnv({ DATABASE_URL: url, ...variables }, os.tmpdir()).env;
  await expect(run(of({ WEIR_SECRET_KEY: NEW }), 'rotate')).rejects.toThrow(/WEIR_SECRET_KEY_PREVIOUS is not set/);
  const env = of({ WEIR_SECRET_KEY: NEW, WEIR_SECRET_KEY_PREVIOUS: OLD });
  expect(await run(env, 'status')).toContain('With the current key: nothing.');
  expect((await run(env, 'rotate')).at(-1)).toBe(
    'When every process runs with the new key, take WEIR_SECRET_KEY_PREVIOUS away.',
  );
  expect(await sealedWith(db, OLD)).toEqual({});
  await expect(run(env, 'turn')).rejects.toThrow(/takes: status, rotate or forget/);
});

test('with the key in the data folder it is made anew, a running process follows, and the old one goes when it is told to', async () => {
  const { url, db, query, connectorId } = await filled();
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'weir-keys-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  writeFileSync(path.join(dataDir, 'secret-key'), OLD);
  const env = readEnv({ DATABASE_URL: url, WEIR_DATA_DIR: dataDir }, dataDir).env;
  const keys = secretKeys(env);
  const running = createSecrets(keys);
  const demo = {
    token: { $sealed: running.seal(JSON.stringify(demoTokenOf(OLD)), 'source:0b0b0b0b-0000-4000-8000-000000000000') },
  };
  await query(`insert into source (id, workspace_id, connector_id, name, config)
    select '0b0b0b0b-0000-4000-8000-000000000000', workspace_id, id, 'Demo', '${JSON.stringify(demo)}' from connector where id = '${connectorId}'`);

  const said = await run(env, 'rotate');
  expect(said[0]).toBe(`Made a new key: ${path.join(dataDir, 'secret-key')}.`);
  const fresh = readFileSync(path.join(dataDir, 'secret-key'), 'utf8');
  expect(keys()).toEqual({ current: fresh, previous: OLD });
  const [row] = await query<{ config: Record<string, never> }>(`select config from source where name = 'Demo'`);
  expect(openConfig(running, row?.config ?? {}, 'source:0b0b0b0b-0000-4000-8000-000000000000')).toEqual({
    token: demoTokenOf(fresh),
  });
  expect(running.seal('x', 'y').startsWith(sealedPrefix(fresh))).toBe(true);

  // A process that had the old key in hand wrote once more.
  const late = { webhookUrl: { $sealed: createSecrets(OLD).seal('"late"', 'channel:x') } };
  await query(`update channel set config = '${JSON.stringify(late)}'`);
  await expect(run(env, 'forget')).rejects.toThrow('Still sealed with the old key: 1 in channel.');
  await expect(run(env, 'rotate')).rejects.toThrow(/does not open: channel/);
  await query('delete from channel');
  expect(await run(env, 'rotate')).toContain('A rotation was begun before: going on.');
  expect(await run(env, 'forget')).toEqual([expect.stringContaining('Removed the older key.')]);
  expect(keys()).toEqual({ current: fresh, previous: null });
  expect(await sealedWith(db, OLD)).toEqual({});
});
