import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { productionManifest, TOKEN } from '#tests/harness/production.ts';
import { applyCommand, driftCommand, exportCommand } from './commands.ts';
import { readDocuments } from './documents.ts';
import { emptyFolder, said, send, shopFolder, weir } from './fixtures/shop-folder.ts';

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
  // Secrets are not compared: who looks for drift needs none.
  vi.stubEnv('WAREHOUSE_PASSWORD', undefined);
  expect(await said(() => driftCommand(options))).toEqual({ code: 0, text: 'Server and folder agree.\n' });
  vi.stubEnv('WAREHOUSE_PASSWORD', api.warehouse.password);

  await api.query(`update connection set prefix = 'other_'`);
  await send(api, 'POST', '/connectors', { name: 'By hand', manifest: productionManifest(api.source.url) });
  const drift = await said(() => driftCommand(options));
  expect(drift).toMatchObject({ code: 2, text: '~ connection Shop: prefix\n' });
  await said(() => applyCommand({ ...options, dryRun: false, prune: false }));
  expect(await api.query('select prefix from connection')).toEqual([{ prefix: 'shop_' }]);
});

test('a connection whose tables another one loads too is applied with a warning', async () => {
  const api = await weir();
  const options = { folder: shopFolder(api), url: api.url, key: api.key, dryRun: false, prune: false };
  expect((await said(() => applyCommand(options))).text).not.toContain('warning');
  const text = readFileSync(path.join(options.folder, 'shop.yaml'), 'utf8');
  const connection = text.split('---').find((document) => document.includes('kind: connection')) ?? '';
  writeFileSync(path.join(options.folder, 'again.yaml'), connection.replace(/name: Shop$/m, 'name: Shop again'));
  const { text: told } = await said(() => applyCommand(options));
  expect(told).toContain('done: connection Shop again\nwarning: the connection Shop loads the table shop_');
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
});

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
});

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
});

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
