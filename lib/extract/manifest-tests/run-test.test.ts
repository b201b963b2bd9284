import { expect, test } from 'vitest';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { readWeirBlock } from '#lib/manifest/weir-block.ts';
import { language } from '../kinds.ts';
import { createManifestSource } from '../manifest-source.ts';
import { runTest } from './run-test.ts';

const manifest = (tests: string) => `version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    primary_key: id
    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: {} } }
    incremental_sync: { type: DatetimeBasedCursor, cursor_field: at, datetime_format: "%Y-%m-%d", start_datetime: "2026-01-01", start_time_option: { inject_into: request_parameter, field_name: since } }
    retriever:
      requester:
        url: https://api.example.com/orders
        authenticator: { type: BearerAuthenticator, api_token: "{{ config.token }}" }
      record_selector: { extractor: { field_path: [data] } }
spec: { connection_specification: { type: object, required: [token], properties: { token: { type: string, airbyte_secret: true } } } }
metadata:
  weir:
    tests:
${tests.replaceAll(/^(?=.)/gm, '      ')}
`;

const PAGE = `exchanges:
    - request: { url: "https://api.example.com/orders?since=2026-01-01", headers: { Authorization: Bearer made-up } }
      response: { body: { data: [{ id: 9007199254740993, at: "2026-01-02" }] } }
`;

/** What the first test says, with the line of its place. */
async function unmet(tests: string) {
  const text = manifest(tests);
  const { issues, manifest: parsed } = parseManifest(text, language);
  if (!parsed) throw new Error(JSON.stringify(issues));
  const { tests: cases, placeOf } = readWeirBlock(text);
  const [first] = cases;
  if (!first) throw new Error('no test');
  const found = await runTest(createManifestSource(parsed), first);
  return found.map(({ path, message }) => `${placeOf(['tests', 0, ...path]).line} ${path.join('.')}: ${message}`);
}

test('a test passes where records, state and requests are as it says, with every digit', async () => {
  const found = await unmet(`- name: all
  stream: orders
  now: "2026-02-01T00:00:00Z"
  config: { token: made-up }
  ${PAGE}  expect: { records: [{ id: 9007199254740993, at: "2026-01-02" }], record_count: 1, state: { at: "2026-01-02" } }`);
  expect(found).toEqual([]);
});

test('each expectation that is not met is told at its own line', async () => {
  const found = await unmet(`- name: all
  stream: orders
  now: "2026-02-01T00:00:00Z"
  config: { token: another }
  ${PAGE}    - request: { url: "https://api.example.com/orders?page=2" }
      response: {}
  expect:
    records:
      - id: 9007199254740993
        at: "2026-01-03"
    state: { at: "2026-01-05" }`);
  expect(found).toEqual([
    '22 exchanges.0.request: the header Authorization should be "Bearer made-up", and is "Bearer another"',
    '24 exchanges.1.request: GET https://api.example.com/orders?page=2 was not asked',
    '29 expect.records.0.at: "2026-01-03" was expected, "2026-01-02" came',
    '30 expect.state.at: "2026-01-05" was expected, "2026-01-02" came',
  ]);
});

test('a request that was not recorded is told, and nothing is sent', async () => {
  const found = await unmet(`- name: all
  stream: orders
  now: "2026-02-01T00:00:00Z"
  config: { token: made-up }
  exchanges: []
  expect: { records: [] }`);
  expect(found).toEqual(['21 exchanges: Nothing is recorded for GET https://api.example.com/orders?since=2026-01-01']);
});

test('an error may be what is expected; a config that does not fit the spec is one', async () => {
  const failing = (expected: string) =>
    unmet(`- name: all
  stream: orders
  now: "2026-02-01T00:00:00Z"
  exchanges: []
  expect: ${expected}`);
  expect(await failing('{ error: { code: invalid_config, message: token } }')).toEqual([]);
  expect(await failing('{ error: { message: refused } }')).toEqual([
    expect.stringMatching(/^\d+ expect.error.message: The message is another one: The config does not fit/),
  ]);
  expect(await failing('{ record_count: 0 }')).toEqual([
    expect.stringMatching(/expect: The read failed: .*invalid_config/),
  ]);
});

test('what is no test is a problem of the manifest, at its line', () => {
  const { issues } = parseManifest(
    manifest(`- name: twice
  stream: orders
  exchanges: []
  expect: { recods: [] }
- name: twice
  exchanges: []
  expect: {}`),
    language,
  );
  expect(issues.map(({ line, message }) => `${line} ${message}`)).toEqual([
    '20 weir.tests.0.expect has no field named recods.',
    "21 weir.tests.1 must have required property 'stream'.",
    '21 There are two tests named twice.',
  ]);
});
