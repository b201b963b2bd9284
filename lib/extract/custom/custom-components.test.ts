import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { testClock } from '#tests/harness/clock.ts';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';
import { language } from '../kinds.ts';

/** A folder of modules: texts, and copies of those that come with Weir. */
async function folderOf(modules: Readonly<Record<string, string | null>>): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'weir-components-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(modules)) {
    const file = path.join(folder, name);
    if (text === null) await copyFile(path.join('manifests/components', name), file);
    else await writeFile(file, text);
    await chmod(file, 0o644);
  }
  return folder;
}

const COMPONENTS = 'source_declarative_manifest.components';
const custom = (more: string) =>
  manifestOf({ orders: '', users: '' }).replace('extractor: { field_path: [data] }', `extractor: { ${more} }`);
const UPPER = `${COMPONENTS}.Upper`;
const upper = (more = '') => `export default {
  className: '${UPPER}', ${more}
  create: (component, { text }) => ({
    path: '',
    extract: (body) => body.data.map((record) => ({ ...record, name: record.name.toUpperCase() + text(component.suffix) })),
  }),
};`;
const DATA = { '/orders': { body: { data: [{ name: 'a' }] } }, '/users': { body: { data: [{ name: 'b' }] } } };
const MANIFEST = custom(`type: CustomRecordExtractor, class_name: ${UPPER}, suffix: "{{ config.s }}"`);

describe('a Python class that no module stands for', () => {
  test('refuses the stream that needs it by name, and no other', async () => {
    const { read, discover } = await scriptedSource(DATA, MANIFEST);
    await expect(read('orders')).rejects.toMatchObject({
      code: 'unsupported_component',
      message: `orders can't be read: CustomRecordExtractor needs the Python class ${UPPER}, which Weir does not run.`,
    });
    expect((await read('users')).records).toEqual([{ name: 'b' }]);
    expect((await discover()).map(({ name }) => name)).toEqual(['users']);
    const { issues } = parseManifest(MANIFEST.replaceAll('SERVER', 'http://x'), language);
    expect(issues).toMatchObject([{ severity: 'warning', hint: expect.stringContaining('docs/custom-components.md') }]);
  });
});

describe('a class that checks the config', () => {
  const checking = `${manifestOf({ orders: '' })}
spec:
  connection_specification: { type: object, properties: {} }
  config_normalization_rules:
    type: ConfigNormalizationRules
    validations:
      - { type: DpathValidator, field_path: [url], validation_strategy: { type: CustomValidationStrategy, class_name: ${UPPER} } }
      - { type: DpathValidator, field_path: [n], validation_strategy: { type: ValidateAdheresToSchema, base_schema: { type: integer } } }
`;

  test('refuses nothing: the check is left out and told, the others count', async () => {
    const good = await scriptedSource(DATA, checking, { config: { url: 'x', n: 1 } });
    const { records, events } = await good.read('orders');
    expect(records).toEqual([{ name: 'a' }]);
    expect(events[0]).toMatchObject({
      type: 'notice',
      message: `A check of the config is left out: Weir does not run ${UPPER}.`,
    });
    const bad = await scriptedSource(DATA, checking, { config: { url: 'x', n: 'y' } });
    await expect(bad.read('orders')).rejects.toMatchObject({ code: 'invalid_config' });
    const { issues } = parseManifest(checking.replaceAll('SERVER', 'http://x'), language);
    expect(issues).toMatchObject([{ severity: 'warning', message: expect.stringContaining(UPPER) }]);
  });

  test('runs where a module stands for it', async () => {
    const module = `export default { className: '${UPPER}', create: () => ({ problems: (value) => [value + ' is no address'] }) };`;
    const componentsDir = await folderOf({ 'check.js': module });
    const { read } = await scriptedSource(DATA, checking, { config: { url: 'x' }, given: { componentsDir } });
    await expect(read('orders')).rejects.toMatchObject({ message: 'The config is not valid: url: x is no address' });
  });
});

describe('a module for a class', () => {
  test('stands in for it, with the fields and templates of the component', async () => {
    const componentsDir = await folderOf({ 'upper.js': upper() });
    const { read, discover } = await scriptedSource(DATA, MANIFEST, { config: { s: '!' }, given: { componentsDir } });
    expect((await read('orders')).records).toEqual([{ name: 'A!' }]);
    expect(await discover()).toHaveLength(2);
  });

  test('may be for one connector only, and comes before one for all', async () => {
    const spec =
      'spec: { type: Spec, documentation_url: "https://docs.test/shop", connection_specification: { type: object } }\n';
    const componentsDir = await folderOf({
      'a.js': upper().replace('toUpperCase()', 'toLowerCase()'),
      'b.ts': upper("documentationUrl: 'https://docs.test/shop',"),
    });
    const shop = await scriptedSource(DATA, MANIFEST + spec, { config: { s: '' }, given: { componentsDir } });
    expect((await shop.read('orders')).records).toEqual([{ name: 'A' }]);
    const other = await scriptedSource(DATA, MANIFEST, { config: { s: '' }, given: { componentsDir } });
    expect((await other.read('orders')).records).toEqual([{ name: 'a' }]);
  });

  test('may cast values, and use components of the language, types filled in', async () => {
    const normalization = `${COMPONENTS}.Normalization`;
    const partitions = `${COMPONENTS}.Partitions`;
    const componentsDir = await folderOf({
      'all.js': `export default [
        { className: '${normalization}', create: () => ({ normalize: (record, schema) => ({ ...record, types: Object.keys(schema.properties) }) }) },
        { className: '${partitions}', create: ({ parents }, { create }) => create({ type: 'SubstreamPartitionRouter', parent_stream_configs: parents }) },
      ];`,
    });
    const manifest = manifestOf({ orders: '' })
      .replace(
        '{ field_path: [data] }',
        `{ field_path: [data] }, schema_normalization: { type: CustomSchemaNormalization, class_name: ${normalization} }`,
      )
      .replace(
        'record_selector:',
        `partition_router: { class_name: ${partitions}, parents: [{ parent_key: name, partition_field: user, stream: { name: users, retriever: { requester: { url: SERVER/users }, record_selector: { extractor: { field_path: [data] } } } } }] }\n      record_selector:`,
      );
    const { read } = await scriptedSource(
      DATA,
      `${manifest.trimEnd()}\n    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: { name: {} } } }\n`,
      { given: { componentsDir } },
    );
    const { records, events } = await read('orders');
    expect(records).toEqual([{ name: 'a', types: ['name'] }]);
    expect(events[0]).toMatchObject({ partition: { user: 'b' } });
  });

  test('that fails is named', async () => {
    const componentsDir = await folderOf({ 'upper.js': upper() });
    const { read } = await scriptedSource({ ...DATA, '/orders': { body: {} } }, MANIFEST, {
      config: { s: '' },
      given: { componentsDir },
    });
    await expect(read('orders')).rejects.toMatchObject({
      code: 'custom_component',
      message: expect.stringMatching(/^The module for source_declarative_manifest\.components\.Upper failed: /),
      where: { stream: 'orders' },
    });
  });
});

describe('a folder that is not safe is not used', () => {
  const refused = async (componentsDir: string, why: string) => {
    const { read } = await scriptedSource(DATA, MANIFEST, { given: { componentsDir } });
    await expect(read('orders')).rejects.toMatchObject({
      code: 'components_dir',
      message: expect.stringContaining(why),
    });
  };

  test('one that others may write, or a file in it that they may', async () => {
    const folder = await folderOf({ 'upper.js': upper() });
    await chmod(folder, 0o777);
    await refused(folder, 'others may write it');
    await chmod(folder, 0o755);
    await chmod(path.join(folder, 'upper.js'), 0o666);
    await refused(folder, "upper.js can't be used for components: others may write it");
  });

  test('a link that leads out of it', async () => {
    const elsewhere = await folderOf({ 'upper.js': upper() });
    const folder = await folderOf({});
    await symlink(path.join(elsewhere, 'upper.js'), path.join(folder, 'upper.js'));
    await refused(folder, 'it lies outside of the folder');
  });

  test('one that is not there, a module that is none, and one that breaks', async () => {
    await refused('/nowhere/components', 'it does not exist');
    await refused(await folderOf({ 'x.js': 'export default 1' }), 'its default export is no { className, create }');
    await refused(await folderOf({ 'x.js': 'nonsense(' }), "it can't be loaded");
  });

  test('a manifest without classes does not look at it', async () => {
    const { read } = await scriptedSource(DATA, manifestOf({ orders: '' }), {
      given: { componentsDir: '/nowhere/components' },
    });
    expect((await read('orders')).records).toHaveLength(1);
  });

  test('what is no module may lie in it', async () => {
    const folder = await folderOf({ 'upper.js': upper(), 'README.md': 'Ours.' });
    await mkdir(path.join(folder, 'notes'));
    const { read } = await scriptedSource(DATA, MANIFEST, { config: { s: '' }, given: { componentsDir: folder } });
    expect((await read('orders')).records).toHaveLength(1);
  });
});

describe('modules that come with Weir', () => {
  test('Zoom: a token for an account, fetched once and renewed before it runs out', async () => {
    const componentsDir = await folderOf({ 'zoom-server-to-server.ts': null });
    const clock = testClock('2026-03-01T00:00:00Z');
    const authenticator = `authenticator:
  class_name: ${COMPONENTS}.ServerToServerOauthAuthenticator
  client_id: "{{ config.client_id }}"
  account_id: "{{ config.account_id }}"
  client_secret: "{{ config.client_secret }}"
  authorization_endpoint: SERVER/oauth/token`;
    const { read, asked } = await scriptedSource(
      {
        ...DATA,
        '/oauth/token': [{ body: { access_token: 'first-token' } }, { body: { access_token: 'next-token' } }],
      },
      manifestOf({ orders: authenticator, users: authenticator }),
      { clock, given: { componentsDir }, config: { client_id: 'c', account_id: 'a', client_secret: 's3cret' } },
    );
    await Promise.all([read('orders'), read('users')]);
    clock.move(3_590_000);
    await read('orders');
    expect(asked('/oauth/token').map(({ method, target }) => `${method} ${target}`)).toEqual([
      'POST /oauth/token?grant_type=account_credentials&account_id=a',
      'POST /oauth/token?grant_type=account_credentials&account_id=a',
    ]);
    expect(asked('/oauth/token')[0]?.headers.authorization).toBe(`Basic ${Buffer.from('c:s3cret').toString('base64')}`);
    expect(asked('/orders').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first-token',
      'Bearer next-token',
    ]);
  });

  test('Pipedrive: what was deleted is its wrapper', async () => {
    const componentsDir = await folderOf({ 'pipedrive-null-checked.ts': null });
    const data = [
      { item: 'file', id: 1, data: { id: 1, name: 'a' } },
      { item: 'file', id: 2, data: null },
    ];
    const { read } = await scriptedSource(
      { ...DATA, '/orders': { body: { data } } },
      custom(
        `type: CustomRecordExtractor, class_name: ${COMPONENTS}.NullCheckedDpathExtractor, field_path: [data, "*"], nullable_nested_field: data`,
      ),
      { given: { componentsDir } },
    );
    expect((await read('orders')).records).toEqual([{ id: 1, name: 'a' }, data[1]]);
  });

  test("Chargebee: a customer's own fields are one list", async () => {
    const componentsDir = await folderOf({ 'chargebee-custom-fields.ts': null });
    const manifest = `${manifestOf({ orders: '' }).trimEnd()}
    transformations: [{ type: CustomTransformation, class_name: ${COMPONENTS}.CustomFieldTransformation }]
`;
    const { read } = await scriptedSource(
      { '/orders': { body: { data: [{ id: 1, cf_size: 'L' }, { id: 2 }] } } },
      manifest,
      {
        given: { componentsDir },
      },
    );
    expect((await read('orders')).records).toEqual([
      { id: 1, custom_fields: [{ name: 'cf_size', value: 'L' }] },
      { id: 2, custom_fields: [] },
    ]);
  });
});
