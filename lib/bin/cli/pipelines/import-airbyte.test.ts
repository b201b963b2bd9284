import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { stringify } from 'yaml';
import type { JsonValue } from '#lib/json.ts';
import { productionManifest, TOKEN } from '#tests/harness/production.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { applyCommand, driftCommand, importCommand } from './commands.ts';
import { AIRBYTE_ACCESS, OLDER_ACCESS, scriptedAirbyte } from './fixtures/airbyte.ts';
import { emptyFolder, said, send, shopFolder, weir } from './fixtures/shop-folder.ts';

test('another Airbyte is brought over with its catalogs and states, and the first sync goes on from there', async () => {
  const old = await weir();
  const from = { folder: shopFolder(old), url: old.url, key: old.key };
  await said(() => applyCommand({ ...from, dryRun: false, prune: false }));
  const [{ id } = { id: '' }] = await old.query<{ id: string }>('select id from connection');
  const states = [{ name: 'orders', state: { created_at: '2026-01-04T12:00:00Z' } }];
  await send(old, 'PUT', `/connections/${id}/states`, { states });

  const folder = emptyFolder();
  const access = { url: old.url, username: 'any', password: old.key };
  const { text } = await said(() => importCommand(access, folder));
  expect(text).toMatch(/^4 documents are in/);
  vi.stubEnv('PRODUCTION_CONFIG_API_TOKEN', TOKEN);
  vi.stubEnv('WAREHOUSE_CONFIG_PASSWORD', old.warehouse.password);

  const fresh = await weir();
  await send(fresh, 'POST', '/allowed-hosts', { host: old.source.host, port: old.source.port });
  const applied = await said(() =>
    applyCommand({ folder, url: fresh.url, key: fresh.key, dryRun: false, prune: false }),
  );
  expect(applied.text).toContain('4 made');
  const [made] = await fresh.query<{ id: string; schedule: object; prefix: string }>(
    'select id, schedule, prefix from connection',
  );
  expect(made).toMatchObject({ prefix: 'shop_', schedule: { type: 'cron', expression: '0 */6 * * *' } });
  expect(await fresh.query('select name, state from next_state')).toEqual([
    { name: 'orders', state: '{"created_at":"2026-01-04T12:00:00Z"}' },
  ]);
});

test('an Airbyte is brought over as far as Weir goes, the rest is said, and doing it again changes nothing', async () => {
  const subject = await weir();
  const { schema: _schema, ...warehouse } = subject.warehouse as Record<string, JsonValue>;
  const of = { manifest: productionManifest(subject.source.url), warehouse: { ...warehouse, schema: 'public' } };
  const airbyte = await scriptedAirbyte(of);
  onTestFinished(() => airbyte.close());
  const folder = emptyFolder();
  const access = { url: airbyte.url, ...AIRBYTE_ACCESS };
  const { text } = await said(() => importCommand(access, folder));
  expect(text.trim().split('\n')).toEqual([
    `9 documents are in ${folder}, 2 more wait (*.waiting): look at them, then weir apply -f ${folder}.`,
    'Source Shop: another one has this name; it becomes Shop (2).',
    'Destination Far: Weir opens no SSH tunnel; let it reach db.internal in another way.',
    'Destination Snow: Weir has no Snowflake; its connections are left out.',
    'Connection Shop → Shop: stream products is left out, Weir has no mode full_refresh with soft_delete.',
    'Connection Shop → Shop: its operations after a sync are left out; declare an automation for them.',
    'Connection Catalog apart: the part of its state that its streams share is left out.',
    'Connection Paused: its state has the legacy form and is left out; it begins afresh.',
    expect.stringMatching(
      /^Connector GitHub: Airbyte has no manifest of it.* Waiting for one: source Hub, connection Hub to Shop\./,
    ),
    'Secrets are not exported. weir apply takes them from the environment:',
    ...['SHOP_CONFIG_API_TOKEN', 'SHOP_2_CONFIG_API_TOKEN', 'SHOP_CONFIG_PASSWORD', 'FAR_CONFIG_PASSWORD'].map(
      (name) => `  ${name}`,
    ),
  ]);
  const filesOf = () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${name} ${readFileSync(path.join(parentPath, name), 'utf8')}`)
      .toSorted();
  const files = filesOf();
  await said(() => importCommand(access, folder));
  expect(filesOf()).toEqual(files);

  vi.stubEnv('SHOP_CONFIG_API_TOKEN', TOKEN);
  vi.stubEnv('SHOP_2_CONFIG_API_TOKEN', TOKEN);
  vi.stubEnv('SHOP_CONFIG_PASSWORD', String(warehouse.password));
  vi.stubEnv('FAR_CONFIG_PASSWORD', 'far');
  onTestFinished(() => void vi.unstubAllEnvs());
  const options = { folder, url: subject.url, key: subject.key, dryRun: false, prune: false };
  expect((await said(() => applyCommand(options))).text).toContain('9 made, 0 changed');
  expect((await said(() => applyCommand(options))).text).toContain('0 made, 0 changed, 9 as they were');
  expect(await said(() => driftCommand(options))).toMatchObject({ code: 0 });
  expect(
    await subject.query(
      'select name, status, schedule, prefix, namespace_format as format, schema_changes as changes, memory_mb as memory, cpu_cores as cpu from connection order by name',
    ),
  ).toEqual([
    {
      ...{ name: 'Catalog apart', status: 'active', prefix: 'apart_', format: null, changes: expect.any(String) },
      schedule: { type: 'cron', expression: '*/30 * * * *', timeZone: 'UTC' },
      ...{ memory: null, cpu: null },
    },
    {
      ...{ name: 'Hashed', status: 'active', prefix: '', format: null, changes: expect.any(String) },
      ...{ schedule: { type: 'manual' }, memory: null, cpu: null },
    },
    {
      ...{ name: 'Paused', status: 'inactive', prefix: 'paused_', format: null, changes: expect.any(String) },
      schedule: { type: 'hourly', every: 24, timeZone: 'UTC' },
      ...{ memory: null, cpu: null },
    },
    {
      ...{ name: 'Shop → Shop', status: 'active', prefix: 'raw_', format: 'shop', changes: 'propagate_columns' },
      schedule: { type: 'cron', expression: '0 0 8 ? * MON-FRI', timeZone: 'Europe/Berlin' },
      ...{ memory: 1024, cpu: 2 },
    },
  ]);
  expect(await subject.query('select name, state from next_state order by name')).toEqual([
    { name: 'customers', state: '{"__ab_full_refresh_sync_complete":true}' },
    { name: 'orders', state: '{"created_at":"2026-01-04T12:00:00Z"}' },
    { name: 'products', state: '{"cdc":true}' },
  ]);
  const [hashed] = await subject.query<{ configured: { mappers: object[] } }>(
    `select configured from connection_stream join connection on connection.id = connection_id where connection.name = 'Hashed'`,
  );
  expect(hashed?.configured.mappers).toMatchObject([{ mapperConfiguration: { targetField: 'name' } }]);

  // What waited is there once its manifest is.
  writeFileSync(
    path.join(folder, 'github.yaml'),
    stringify({ kind: 'connector', name: 'GitHub', manifest: productionManifest(subject.source.url) }),
  );
  const later = await said(() => importCommand(access, folder));
  expect(later.text).toContain('11 documents are in');
  expect(later.text).toContain('HUB_CONFIG_CREDENTIALS_PERSONAL_ACCESS_TOKEN');
  expect(filesOf().filter((file) => file.includes('.waiting'))).toEqual([]);
});

test('an Airbyte from before the public API is brought over by user and password, with what its builder made', async () => {
  const of = { manifest: productionManifest('http://localhost:1'), warehouse: {} };
  const airbyte = await scriptedAirbyte(of, { older: true });
  onTestFinished(() => airbyte.close());
  const folder = emptyFolder();
  const { text } = await said(() => importCommand({ url: airbyte.url, ...OLDER_ACCESS }, folder));
  expect(text).toMatch(/^9 documents are in .*, 2 more wait/);
  expect(text).not.toContain('Connector Shop');
});

test('an Airbyte that refuses, or is none, says so', async () => {
  const of = { manifest: productionManifest('http://localhost:1'), warehouse: {} };
  const airbyte = await scriptedAirbyte(of);
  onTestFinished(() => airbyte.close());
  const folder = emptyFolder();
  const { url } = airbyte;
  await expect(importCommand({ url }, folder)).rejects.toMatchObject({
    code: 'airbyte_refused',
    hint: 'Give --client-id and --client-secret, or --user and --password.',
  });
  const named = { url, ...AIRBYTE_ACCESS, workspace: 'Other' };
  await expect(importCommand(named, folder)).rejects.toMatchObject({ hint: 'It has: Default Workspace.' });
  const page = await scriptedServer({ '*': () => ({ body: '<html>hello</html>' }) });
  onTestFinished(() => page.close());
  await expect(importCommand({ url: page.url }, folder)).rejects.toMatchObject({ code: 'no_airbyte' });
  await expect(importCommand({ url: 'http://127.0.0.1:9' }, folder)).rejects.toMatchObject({ code: 'unreachable' });
});
