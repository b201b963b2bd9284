import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { createApiKey } from '#lib/access/api-keys.ts';
import type { JsonValue } from '#lib/json.ts';
import { productionApi, productionManifest, TOKEN } from '#tests/harness/production.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { type WorkingApi, workingApi } from '#tests/harness/working-api.ts';
import { applyCommand, driftCommand, exportCommand, importCommand } from './commands.ts';
import { readDocuments } from './documents.ts';
import { AIRBYTE_ACCESS, scriptedAirbyte } from './fixtures/airbyte.ts';

function emptyFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-pipelines-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Weir extends WorkingApi {
  readonly key: string;
  readonly source: Awaited<ReturnType<typeof productionApi>>;
}

async function weir(): Promise<Weir> {
  const source = await productionApi();
  onTestFinished(() => source.close());
  const api = await workingApi();
  const [{ id } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
  const { secret: key } = await createApiKey(api.context, id, { name: 'ci', role: 'admin' });
  const { host, port } = source;
  await send({ ...api, key }, 'POST', '/allowed-hosts', { host, port });
  return { ...api, key, source };
}

async function send<T>(
  { url, key }: { url: string; key: string },
  method: string,
  route: string,
  body: unknown,
): Promise<T> {
  const answer = await fetch(`${url}/api/weir/v1${route}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as T;
}

/** Runs a command and gives its exit code and what it printed. */
async function said(run: () => Promise<number>): Promise<{ code: number; text: string }> {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
  try {
    return { code: await run(), text: written.join('') };
  } finally {
    spy.mockRestore();
  }
}

function shopFolder({ source, warehouse }: Weir): string {
  const folder = emptyFolder();
  mkdirSync(path.join(folder, 'connectors'));
  writeFileSync(path.join(folder, 'connectors/production.manifest.yaml'), productionManifest(source.url));
  const { password, ...open } = warehouse;
  vi.stubEnv('WAREHOUSE_PASSWORD', password);
  vi.stubEnv('PRODUCTION_TOKEN', TOKEN);
  onTestFinished(() => void vi.unstubAllEnvs());
  writeFileSync(
    path.join(folder, 'shop.yaml'),
    `kind: connector
name: production_db
manifest: connectors/production.manifest.yaml
---
kind: source
name: Production
connector: production_db
config: { api_token: "\${env:PRODUCTION_TOKEN}" }
---
kind: destination
name: Warehouse
type: postgres
config: ${JSON.stringify({ ...open, password: `\${env:WAREHOUSE_PASSWORD}` })}
---
kind: connection
name: Shop
source: Production
destination: Warehouse
schedule: { type: cron, expression: "0 */6 * * *", timeZone: UTC }
prefix: shop_
owner: shop team
tags: [gold]
streams:
  - { name: customers }
  - { name: orders, mode: incremental_deduped_history }
---
kind: suite
name: Shop is whole
destination: Warehouse
connection: Shop
text: |
  dataset: shop_orders
  completeness:
    - { column: order_id }
---
kind: channel
name: Alerts
type: slack
config: { webhookUrl: "https://hooks.slack.com/services/T0/B0/x" }
events: [sync_failed]
---
kind: alert_rule
name: Shop at night
connections: [Shop]
levels: [critical]
channels: [Alerts]
failuresInARow: 2
quietHours: { from: "22:00", to: "07:00", timeZone: Europe/Berlin }
---
kind: automation
name: Shop
channels: [Alerts]
`,
  );
  return folder;
}

test('a folder is applied, applied again without a change, and drift is told', async () => {
  const api = await weir();
  const options = { folder: shopFolder(api), url: api.url, key: api.key };
  const asked = await said(() => applyCommand({ ...options, dryRun: true, prune: false }));
  expect(asked.text).toContain('+ connection Shop');
  expect(await api.query('select 1 from connection')).toEqual([]);

  const first = await said(() => applyCommand({ ...options, dryRun: false, prune: false }));
  expect(first.text).toContain('8 made, 0 changed, 0 as they were, 0 deleted.');
  const again = await said(() => applyCommand({ ...options, dryRun: false, prune: false }));
  expect(again.text).toContain('0 made, 0 changed, 8 as they were, 0 deleted.');
  expect(await said(() => driftCommand(options))).toEqual({ code: 0, text: 'Server and folder agree.\n' });

  await api.query(`update connection set prefix = 'other_'`);
  await send(api, 'POST', '/connectors', { name: 'By hand', manifest: productionManifest(api.source.url) });
  const drift = await said(() => driftCommand(options));
  expect(drift).toMatchObject({ code: 2, text: '~ connection Shop: prefix\n' });
  await said(() => applyCommand({ ...options, dryRun: false, prune: false }));
  expect(await api.query('select prefix from connection')).toEqual([{ prefix: 'shop_' }]);
});

test('a connection that stays with a version is given the streams of that one', async () => {
  const api = await weir();
  const options = { folder: shopFolder(api), url: api.url, key: api.key, dryRun: false, prune: false };
  await said(() => applyCommand(options));
  const manifest = path.join(options.folder, 'connectors/production.manifest.yaml');
  const next = parse(readFileSync(manifest, 'utf8')) as { streams: { name: string }[] };
  const streams = next.streams.filter(({ name }) => name !== 'customers');
  writeFileSync(manifest, stringify({ ...next, streams }));
  const file = path.join(options.folder, 'shop.yaml');
  const text = readFileSync(file, 'utf8').replace('prefix: shop_', 'prefix: next_');
  writeFileSync(file, text);
  await expect(said(() => applyCommand(options))).rejects.toThrow('The source offers no stream customers.');
  writeFileSync(file, text.replace('prefix: next_', 'prefix: next_\nconnectorVersion: 1'));
  expect((await said(() => applyCommand(options))).text).toContain('0 made, 1 changed');
  // The pin stays where a document does not speak of it, and counts.
  writeFileSync(file, text.replace('prefix: next_', 'prefix: last_'));
  expect((await said(() => applyCommand(options))).text).toContain('0 made, 1 changed');
  expect(await api.query('select prefix, connector_version as version from connection')).toEqual([
    { prefix: 'last_', version: 1 },
  ]);
}, 60_000);

test('the key of a mapper is no drift, and is told nowhere', async () => {
  const api = await weir();
  const options = { folder: shopFolder(api), url: api.url, key: api.key };
  const file = path.join(options.folder, 'shop.yaml');
  const key = '000102030405060708090a0b0c0d0e0f';
  const mapped = (target: string, secret: string) =>
    readFileSync(file, 'utf8').replace(
      / {2}- \{ name: customers.*\}\n/,
      `  - { name: customers, mappers: [{ type: encryption, mapperConfiguration: { algorithm: AES, mode: CBC, padding: PKCS5Padding, targetField: ${target}, fieldNameSuffix: _x, key: "${secret}" } }] }\n`,
    );
  const printed: string[] = [];
  const apply = async () => {
    const { text } = await said(() => applyCommand({ ...options, dryRun: false, prune: false }));
    printed.push(text);
    return text;
  };
  const drift = async () => {
    const { code, text } = await said(() => driftCommand(options));
    printed.push(text);
    return { code, text };
  };
  writeFileSync(file, mapped('name', key));
  await apply();
  expect(await apply()).toContain('0 made, 0 changed, 8 as they were');
  expect(await drift()).toEqual({ code: 0, text: 'Server and folder agree.\n' });
  const stored = async () => JSON.stringify(await api.query('select configured from connection_stream'));
  expect(await stored()).not.toContain(key);

  // Another field is drift, by its path; another key is sent with the next apply.
  writeFileSync(file, mapped('updated_at', key));
  expect((await drift()).text).toBe(
    '~ connection Shop: streams.customers.mappers.0.mapperConfiguration.targetField (secrets are sent again)\n',
  );
  await apply();
  const before = await stored();
  writeFileSync(file, mapped('updated_at', 'f'.repeat(32)));
  expect((await drift()).code).toBe(0);
  await apply();
  expect(await stored()).not.toBe(before);

  const folder = emptyFolder();
  printed.push((await said(() => exportCommand({ ...options, folder }))).text);
  const exported = readFileSync(path.join(folder, 'connections/shop.yaml'), 'utf8');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what is written
  expect(exported).toContain('key: ${env:SHOP_STREAMS_0_MAPPERS_0_MAPPERCONFIGURATION_KEY}');
  const told = JSON.stringify([printed, exported, await api.query('select * from audit_entry')]);
  expect(told).not.toMatch(/000102030405060708090a0b0c0d0e0f|f{32}/);
  vi.stubEnv('SHOP_STREAMS_0_MAPPERS_0_MAPPERCONFIGURATION_KEY', key);
  vi.stubEnv('PRODUCTION_CONFIG_API_TOKEN', TOKEN);
  vi.stubEnv('WAREHOUSE_CONFIG_PASSWORD', api.warehouse.password);
  vi.stubEnv('ALERTS_CONFIG_WEBHOOKURL', 'https://hooks.slack.com/services/T0/B0/x');
  expect(await said(() => driftCommand({ ...options, folder }))).toMatchObject({ code: 0 });
}, 60_000);

test('what is exported can be applied as it is, once its secrets are in the environment', async () => {
  const api = await weir();
  const options = { folder: shopFolder(api), url: api.url, key: api.key };
  await said(() => applyCommand({ ...options, dryRun: false, prune: false }));
  const folder = emptyFolder();
  const { text } = await said(() => exportCommand({ ...options, folder }));
  expect(text).toContain('PRODUCTION_CONFIG_API_TOKEN');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(files).toContain('connectors/production-db.manifest.yaml');
  expect(
    files.map((file) => (file.endsWith('yaml') ? readFileSync(path.join(folder, file), 'utf8') : '')).join(),
  ).not.toContain(TOKEN);
  vi.stubEnv('PRODUCTION_CONFIG_API_TOKEN', TOKEN);
  vi.stubEnv('WAREHOUSE_CONFIG_PASSWORD', api.warehouse.password);
  vi.stubEnv('ALERTS_CONFIG_WEBHOOKURL', 'https://hooks.slack.com/services/T0/B0/x');
  expect(await said(() => driftCommand({ ...options, folder }))).toMatchObject({ code: 0 });
});

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
    `8 documents are in ${folder}, 2 more wait (*.waiting): look at them, then weir apply -f ${folder}.`,
    'Source Shop: another one has this name; it becomes Shop (2).',
    'Destination Far: Weir opens no SSH tunnel; let it reach db.internal in another way.',
    'Destination Snow: Weir has no Snowflake; its connections are left out.',
    'Connection Shop → Shop: stream products is left out, Weir has no mode full_refresh with soft_delete.',
    'Connection Shop → Shop: its operations after a sync are left out; declare an automation for them.',
    expect.stringMatching(
      /^Connection Hashed is left out: The catalog was not taken\. .*Give a mapper of type hashing/,
    ),
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
  expect((await said(() => applyCommand(options))).text).toContain('8 made, 0 changed');
  expect((await said(() => applyCommand(options))).text).toContain('0 made, 0 changed, 8 as they were');
  expect(await said(() => driftCommand(options))).toMatchObject({ code: 0 });
  expect(
    await subject.query(
      'select name, status, schedule, prefix, namespace_format as format, schema_changes as changes, memory_mb as memory from connection order by name',
    ),
  ).toEqual([
    {
      ...{ name: 'Catalog apart', status: 'active', prefix: 'apart_', format: null, changes: expect.any(String) },
      schedule: { type: 'cron', expression: '*/30 * * * *', timeZone: 'UTC' },
      memory: null,
    },
    {
      ...{ name: 'Paused', status: 'inactive', prefix: 'paused_', format: null, changes: expect.any(String) },
      schedule: { type: 'hourly', every: 24, timeZone: 'UTC' },
      memory: null,
    },
    {
      ...{ name: 'Shop → Shop', status: 'active', prefix: 'raw_', format: 'shop', changes: 'propagate_columns' },
      schedule: { type: 'cron', expression: '0 0 8 ? * MON-FRI', timeZone: 'Europe/Berlin' },
      memory: 1024,
    },
  ]);
  expect(await subject.query('select name, state from next_state order by name')).toEqual([
    { name: 'customers', state: '{"__ab_full_refresh_sync_complete":true}' },
    { name: 'orders', state: '{"created_at":"2026-01-04T12:00:00Z"}' },
  ]);

  // What waited is there once its manifest is.
  writeFileSync(
    path.join(folder, 'github.yaml'),
    stringify({ kind: 'connector', name: 'GitHub', manifest: productionManifest(subject.source.url) }),
  );
  const later = await said(() => importCommand(access, folder));
  expect(later.text).toContain('10 documents are in');
  expect(later.text).toContain('HUB_CONFIG_CREDENTIALS_PERSONAL_ACCESS_TOKEN');
  expect(filesOf().filter((file) => file.includes('.waiting'))).toEqual([]);
}, 120_000);

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

test('what the server refuses is told with its document, after what was done; a stream needs no more than its name', async () => {
  const subject = await weir();
  const folder = shopFolder(subject);
  const options = { folder, url: subject.url, key: subject.key, dryRun: false, prune: false };
  const file = path.join(folder, 'shop.yaml');
  const text = readFileSync(file, 'utf8').replace(
    '  - { name: customers }\n',
    '  - { name: customers, descriptor: { name: customers } }\n',
  );
  writeFileSync(file, text.replace('0 */6 * * *', '99 * * * *'));
  const at = `${file}:${text.split('\n').indexOf('kind: connection') + 1}`;
  await expect(said(() => applyCommand(options))).rejects.toThrow(
    new RegExp(`^${at}: connection Shop: POST /connections was refused \\(422\\).*\n.*schedule\\.expression: 99`, 's'),
  );
  writeFileSync(file, text);
  expect((await said(() => applyCommand(options))).code).toBe(0);
  const connections = await subject.query<{ name: string }>('select name from connection');
  expect(connections).toEqual([{ name: 'Shop' }]);
}, 60_000);

test('every problem of a folder is told at once, with file and line', () => {
  const folder = emptyFolder();
  writeFileSync(
    path.join(folder, 'a.yaml'),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
    'kind: source\nname: A\nconnector: x\nconfig: { k: "${env:NOT_THERE}" }\n---\nkind: sorce\nname: B\n---\nkind: source\nname: A\nconfig: {}\ncolour: red\n',
  );
  expect(() => readDocuments(folder, {})).toThrow(
    [
      `${folder}/a.yaml:1: The environment has no NOT_THERE.`,
      `${folder}/a.yaml:6: kind is one of: connector, source, destination, connection, suite, channel, alert_rule, automation.`,
      `${folder}/a.yaml:9: source A has no field colour.`,
      `${folder}/a.yaml:9: source A needs connector.`,
      `${folder}/a.yaml:9: source A is declared at ${folder}/a.yaml:1 already.`,
    ].join('\n'),
  );
});
