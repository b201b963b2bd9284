import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { JsonObject } from '#lib/json.ts';
import { files, kinds, manifest, messages, shop, TOKEN, weir } from './fixtures/run-cli.ts';

describe('a manifest that the config carries', () => {
  const injected = (url: string) => ({
    __injected_declarative_manifest: parseYaml(manifest(url), { merge: true }),
    token: TOKEN,
  });

  test('needs no file of its own', async () => {
    const { server } = await shop();
    const file = files({
      'config.json': injected(server.url),
      'catalog.json': { streams: [{ stream: { name: 'customers' } }] },
    });
    const [spec, check, read] = await Promise.all([
      weir('spec', '--config', file('config.json')),
      weir('check', '--config', file('config.json')),
      weir('read', '--config', file('config.json'), '--catalog', file('catalog.json'), '--components-path', 'x.py'),
    ]);
    expect(messages(spec.stdout)[0]).toMatchObject({ spec: { documentationUrl: 'https://shop.example/docs' } });
    expect(messages(check.stdout)[0]).toMatchObject({ connectionStatus: { status: 'SUCCEEDED' } });
    expect(kinds(read.stdout)).toEqual(['LOG', 'TRACE STARTED', 'TRACE RUNNING', 'RECORD', 'STATE', 'TRACE COMPLETE']);
    expect(server.requests.map(({ headers }) => headers.authorization)).toContain(`Bearer ${TOKEN}`);
  });

  test('is told with a config that was migrated', async () => {
    const { server } = await shop();
    const config = injected(server.url);
    const rules = {
      config_migrations: [
        { type: 'ConfigMigration', transformations: [{ type: 'ConfigRemoveFields', field_pointers: [['old']] }] },
      ],
    };
    config.__injected_declarative_manifest.spec.config_normalization_rules = rules;
    const file = files({ 'config.json': { ...config, old: 1 } });
    const { stdout } = await weir('check', '--config', file('config.json'));
    const [{ control } = {}] = messages(stdout);
    expect((control as { connectorConfig: JsonObject }).connectorConfig.config).toEqual(config);
  });

  test('must be one', async () => {
    const file = files({ 'config.json': { __injected_declarative_manifest: 'version: 1' } });
    const { stderr, code } = await weir('check', '--config', file('config.json'));
    expect({ stderr, code }).toEqual({
      ...{ code: 1, stderr: '__injected_declarative_manifest takes a manifest as a JSON object.\n' },
    });
  });
});

describe('a config', () => {
  const strict = (url: string) =>
    manifest(url).replace(
      '    type: object\n',
      '    type: object\n    required: [token]\n    additionalProperties: false\n',
    );

  test('that does not fit the spec fails the check, and is a failure of the other commands', async () => {
    const { server, file } = await shop();
    writeFileSync(file('shop.yaml'), strict(server.url));
    writeFileSync(file('config.json'), JSON.stringify({ tokn: 1 }));
    const options = ['--manifest-path', file('shop.yaml'), '--config', file('config.json')];
    const [check, discover] = await Promise.all([weir('check', ...options), weir('discover', ...options)]);
    const message = expect.stringMatching(/must have required property 'token'; must NOT have additional properties/);
    expect({ code: check.code, said: messages(check.stdout) }).toEqual({
      ...{ code: 0, said: [{ type: 'CONNECTION_STATUS', connectionStatus: { status: 'FAILED', message } }] },
    });
    expect({ code: discover.code, said: messages(discover.stdout) }).toMatchObject({
      ...{
        code: 1,
        said: [{ type: 'TRACE', trace: { type: 'ERROR', error: { failure_type: 'config_error', message } } }],
      },
    });
    expect(server.requests).toEqual([]);
  });

  test('of an older version is migrated, and whoever runs the command is told the new one', async () => {
    const { server, file } = await shop();
    const rules = `  config_normalization_rules:
    type: ConfigNormalizationRules
    config_migrations:
      - type: ConfigMigration
        transformations:
          - { type: ConfigAddFields, fields: [{ type: AddedFieldDefinition, path: [token], value: "{{ config['key'] }}" }], condition: "{{ 'key' in config }}" }
          - { type: ConfigRemoveFields, field_pointers: [[key]] }
`;
    writeFileSync(file('shop.yaml'), strict(server.url).replace('streams:\n', `${rules}streams:\n`));
    writeFileSync(file('config.json'), JSON.stringify({ key: TOKEN }));
    const { stdout, code } = await weir('check', '--manifest', file('shop.yaml'), '--config', file('config.json'));
    expect({ code, said: messages(stdout) }).toMatchObject({
      code: 0,
      said: [
        { type: 'CONTROL', control: { type: 'CONNECTOR_CONFIG', connectorConfig: { config: { token: TOKEN } } } },
        { type: 'CONNECTION_STATUS', connectionStatus: { status: 'SUCCEEDED' } },
      ],
    });
  });
});
