import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { streamsOver } from '../fixtures/answering-client.ts';

const manifest = (rules: string, check = '{ stream_names: [orders] }') => `
version: 6.0.0
check: ${check}
spec:
  connection_specification:
    type: object
    properties:
      region: { type: string, default: eu }
      secret: { type: string, airbyte_secret: true }
  config_normalization_rules:
    type: ConfigNormalizationRules
${rules.replaceAll(/^/gm, '    ')}
streams:
  - name: orders
    retriever:
      requester:
        url: https://api.example.com/orders
        request_parameters: { config: "{{ config | tojson }}" }
      record_selector: { extractor: { field_path: [data] } }
`;

/** What a read sees as its config, and what was given to be stored. */
async function seen(rules: string, config: JsonObject) {
  const source = streamsOver(() => ({ data: [] }), manifest(rules), { config });
  await source.read('orders');
  const query = new URLSearchParams(source.client.asked[0]?.split('?')[1]).get('config');
  return { config: JSON.parse(query ?? ''), saved: source.saved };
}

const MIGRATION = `config_migrations:
  - description: One account became many.
    transformations:
      - type: ConfigAddFields
        condition: "{{ 'account' in config }}"
        fields: [{ path: [accounts], value: "{{ [config['account']] }}" }]
      - { type: ConfigRemoveFields, field_pointers: [[account]] }`;

describe('migrations', () => {
  test('are stored before anything is read', async () => {
    const { config, saved } = await seen(MIGRATION, { account: 'a1' });
    expect(saved).toEqual([{ accounts: ['a1'] }]);
    expect(config).toEqual({ region: 'eu', accounts: ['a1'] });
  });

  test('change a config of the new form no more', async () => {
    const { config, saved } = await seen(MIGRATION, { accounts: ['a1', 'a2'] });
    expect(saved).toEqual([]);
    expect(config).toEqual({ region: 'eu', accounts: ['a1', 'a2'] });
  });
});

describe('transformations', () => {
  test('count for the run and are not stored', async () => {
    const { config, saved } = await seen(
      `transformations:
  - { type: ConfigRemapField, field_path: [region], map: { eu: "https://eu.example.com", us: "https://us.example.com" } }
  - type: ConfigAddFields
    fields:
      - { path: [limits, pages], value: "{{ 2 * 2 }}" }
      - { path: [twice], value: "{{ config['limits']['pages'] * 2 }}", value_type: string }
  - { type: ConfigRemoveFields, field_pointers: [[old, "*"]], condition: "{{ 'old' in config }}" }`,
      { old: { a: 1, b: 2 } },
    );
    expect(saved).toEqual([]);
    expect(config).toEqual({ region: 'https://eu.example.com', limits: { pages: 4 }, twice: '8', old: {} });
  });

  test('leave a value alone that the map does not have', async () => {
    const remap = `transformations:
  - { type: ConfigRemapField, field_path: [place, name], map: { a: b } }`;
    expect((await seen(remap, { place: { name: 'z' } })).config).toMatchObject({ place: { name: 'z' } });
    expect((await seen(remap, { place: 'z' })).config).toMatchObject({ place: 'z' });
    expect((await seen(remap, { place: { name: 'a' } })).config).toMatchObject({ place: { name: 'b' } });
  });
});

describe('validations', () => {
  const rules = `validations:
  - type: DpathValidator
    field_path: [accounts, "*", id]
    validation_strategy: { type: ValidateAdheresToSchema, base_schema: { type: integer, minimum: 1 } }
  - type: PredicateValidator
    value: "{{ config['filter'] }}"
    validation_strategy:
      type: ValidateAdheresToSchema
      base_schema: { type: object, required: [status], properties: { status: { type: string } } }`;
  const source = (config: JsonObject) => streamsOver(() => ({ data: [{ id: 1 }] }), manifest(rules), { config });

  test('let a good config pass', async () => {
    const good = source({ accounts: [{ id: 1 }, { name: 'without' }], filter: { status: 'open' } });
    expect(await good.check()).toEqual({ ok: true, message: 'Read from orders.' });
  });

  test('name every problem at once, and nothing is asked', async () => {
    const bad = source({ accounts: [{ id: 'x' }, { id: 0 }], filter: { state: 1 } });
    await expect(bad.read('orders')).rejects.toMatchObject({
      code: 'invalid_config',
      kind: 'config',
      message:
        "The config is not valid: accounts.*.id: is no JSON text.; accounts.*.id: must be >= 1; must have required property 'status'",
    });
    await expect(bad.check()).rejects.toMatchObject({ code: 'invalid_config' });
    await expect(bad.discover()).rejects.toMatchObject({ code: 'invalid_config' });
    expect(bad.client.asked).toEqual([]);
  });

  test('a text is read as the JSON that it is', async () => {
    const text = source({ accounts: [], filter: '{"status": "open"}' });
    expect(await text.check()).toEqual({ ok: true, message: 'Read from orders.' });
  });
});

describe('config_overrides of a check', () => {
  const check = '{ stream_names: [orders], config_overrides: { region: test, secret: check-only-secret } }';

  test('count for the check only', async () => {
    const source = streamsOver(() => ({ data: [{ id: 1 }] }), manifest('transformations: []', check), {
      config: { region: 'us' },
    });
    await source.check();
    await source.read('orders');
    expect(source.client.asked.map((asked) => /"region":.?"test"/.test(asked))).toEqual([true, false]);
    expect(source.saved).toEqual([]);
  });

  test('are masked where they are secret', async () => {
    const source = streamsOver(
      () => {
        throw new Error('refused check-only-secret');
      },
      manifest('transformations: []', check),
    );
    const { ok, message } = await source.check();
    expect({ ok, message }).toEqual({ ok: false, message: expect.stringContaining('refused **********') });
  });

  test('are refused where a reserved name is set, or where they would be stored', async () => {
    const reserved = check.replace('region', '__airbyte_check_stream_names');
    expect(() => streamsOver(() => ({}), manifest('transformations: []', reserved))).toThrow(/it is reserved/);
    const writing = manifest('transformations: []', check).replace(
      'url: https://api.example.com/orders',
      `url: https://api.example.com/orders
        authenticator:
          type: OAuthAuthenticator
          client_id: a
          client_secret: b
          refresh_token: c
          token_refresh_endpoint: https://api.example.com/token
          refresh_token_updater: {}`,
    );
    await expect(streamsOver(() => ({}), writing).check()).rejects.toMatchObject({ code: 'bad_config_overrides' });
  });
});

test('whoever runs a connector may say which streams a check reads', async () => {
  const config = { __airbyte_check_stream_names: ['ordres'] };
  const source = streamsOver(() => ({ data: [] }), manifest('transformations: []'), { config });
  expect(await source.check()).toEqual({
    ok: false,
    message: 'check names the stream ordres, which is not there with this config. Did you mean orders?',
  });
});
