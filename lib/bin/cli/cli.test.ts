import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { type JsonObject, parseJson } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';

const PROJECT = path.resolve(import.meta.dirname, '../../..');
const SOURCE = path.join(import.meta.dirname, 'cli.ts');
/** In one file it starts three times as fast; beside node_modules it finds what it imports. */
const CLI = path.join(PROJECT, `node_modules/.cache/weir-cli-test-${process.pid}.mjs`);
const TOKEN = 'shop-secret-token';

beforeAll(async () => {
  await build({
    ...{ absWorkingDir: PROJECT, entryPoints: [SOURCE], outfile: CLI, logLevel: 'warning' },
    ...{ bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node24' },
  });
});
afterAll(() => rmSync(CLI, { force: true }));

/** Files in a folder of their own, by name. */
function files(contents: Record<string, unknown>): (name: string) => string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(contents))
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return (name) => path.join(folder, name);
}

function start(args: string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]).then(([stdout, stderr, code]) => ({ stdout, stderr, code }));
  return { child, ended };
}

const weir = (...args: string[]) => start(args).ended;
const messages = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => parseJson(line) as JsonObject);

const kinds = (stdout: string) =>
  messages(stdout).map(({ type, trace }) => {
    const { stream_status: status } = (trace ?? {}) as { stream_status?: { status: string } };
    return status ? `${type} ${status.status}` : String(type);
  });

const manifest = (url: string) => `version: 6.0.0
check: { stream_names: [orders] }
spec:
  documentation_url: https://shop.example/docs
  connection_specification:
    type: object
    properties: { token: { type: string, airbyte_secret: true } }
streams:
  - name: orders
    primary_key: id
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { id: { type: integer }, at: { type: string }, total: { type: number } } }
    incremental_sync: { type: DatetimeBasedCursor, cursor_field: at, datetime_format: "%Y-%m-%d", start_datetime: "2026-01-01" }
    retriever: &retriever
      requester:
        url: ${url}/orders
        authenticator: { type: BearerAuthenticator, api_token: "{{ config.token }}" }
        error_handler: { max_retries: 0 }
      record_selector: { extractor: { field_path: [data] } }
  - name: customers
    retriever:
      requester: { url: "${url}/customers" }
      record_selector: { extractor: { field_path: [data] } }
`;

/** A shop, its manifest and a config, as files. */
async function shop(script: Script = {}) {
  const server = await scriptedServer({
    '/orders': [{ body: '{"data":[{"id":9007199254740993,"at":"2026-01-02","total":1.5}]}' }],
    '/customers': [{ body: { data: [{ name: 'Ann' }] } }],
    ...(script as object),
  });
  onTestFinished(() => server.close());
  const catalog = {
    streams: [
      { stream: { name: 'orders', namespace: null }, sync_mode: 'incremental', destination_sync_mode: 'append' },
      { stream: { name: 'customers' }, sync_mode: 'full_refresh', destination_sync_mode: 'overwrite' },
    ],
  };
  const file = files({ 'shop.yaml': manifest(server.url), 'config.json': { token: TOKEN }, 'catalog.json': catalog });
  const options = ['--manifest', file('shop.yaml'), '--config', file('config.json')];
  return { server, file, options };
}

describe('weir', () => {
  test('without a command, or asked for help, says how it is used', async () => {
    const [bare, help] = await Promise.all([weir(), weir('--help')]);
    expect(bare.stdout).toMatch(/^weir <command> --manifest FILE/);
    expect(bare.code).toBe(2);
    expect(help).toEqual({ stdout: bare.stdout, stderr: '', code: 0 });
  });

  test.each([
    [['frobnicate'], 2, /^There is no command frobnicate\./],
    [['spec'], 2, /^--manifest is missing\. weir --help lists the commands\.\n$/],
    [['check', '--manifest', SOURCE], 1, /no valid manifest/],
    [['spec', '--manifest', '/nonexistent/shop.yaml'], 1, /^\/nonexistent\/shop\.yaml can't be read: ENOENT/],
    [['spec', '--colour', 'red'], 2, /^Unknown option '--colour'/],
  ])('%j ends with %i and a clear line', async (args, code, message) => {
    const result = await weir(...args);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(result.code).toBe(code);
    // Whoever runs a connector reads its messages only.
    const told = code === 1 ? [expect.objectContaining({ type: 'TRACE' })] : [];
    expect(result.stdout === '' ? [] : messages(result.stdout)).toEqual(told);
  });

  test('names the files that are no JSON, or are missing', async () => {
    const file = files({ 'shop.yaml': manifest('http://127.0.0.1:1'), 'config.json': '{token: 1}', 'list.json': [] });
    const check = (...args: string[]) => weir('check', '--manifest', file('shop.yaml'), ...args);
    const [bad, list, none] = await Promise.all([
      check('--config', file('config.json')),
      check('--config', file('list.json')),
      check(),
    ]);
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringMatching(/config\.json is no JSON: /) });
    expect(list).toMatchObject({ code: 1, stderr: '--config takes a JSON object.\n' });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/^--config is missing\./) });
  });
});

describe('weir validate', () => {
  test('a good manifest', async () => {
    const file = files({ 'shop.yaml': manifest('https://shop.example') });
    expect(await weir('validate', '--manifest', file('shop.yaml'))).toEqual({
      ...{ code: 0, stderr: '', stdout: `${file('shop.yaml')} is valid.\n` },
    });
  });

  test('every problem of a bad one with its line, and 1', async () => {
    const bad = manifest('https://shop.example')
      .replace('field_path: [data]', 'field_path: data')
      .replace('BearerAuthenticator', 'BearerAuthentikator')
      .replace('primary_key: id', 'primary_kee: id');
    const file = files({ 'shop.yaml': bad });
    const { stdout, code } = await weir('validate', '--manifest', file('shop.yaml'));
    const at = file('shop.yaml');
    expect(stdout.split('\n')).toEqual([
      `${at}:10:5 warning: DeclarativeStream has no field named primary_kee; it has no effect. Did you mean primary_key?`,
      `${at}:18:32 error: There is no component named BearerAuthentikator. Did you mean BearerAuthenticator?`,
      `${at}:20:51 error: field_path takes array, not string.`,
      '2 errors.',
      '',
    ]);
    expect(code).toBe(1);
  });
});

describe('a bad manifest', () => {
  test('is named with the line of its first error, not of a warning', async () => {
    const bad = manifest('https://shop.example')
      .replace('type: Bearer', 'type: Bear')
      .replace('primary_key', 'primary_kee');
    const file = files({ 'shop.yaml': bad });
    const { stderr, code } = await weir('spec', '--manifest', file('shop.yaml'));
    expect(stderr).toMatch(/shop\.yaml is no valid manifest: line 18: There is no component named BearAuthenticator/);
    expect(stderr).toMatch(/All problems: weir validate --manifest/);
    expect(code).toBe(1);
  });
});

describe('weir spec', () => {
  test('is one message', async () => {
    const { file } = await shop();
    const { stdout, code } = await weir('spec', '--manifest', file('shop.yaml'));
    expect(messages(stdout)).toEqual([
      {
        type: 'SPEC',
        spec: {
          documentationUrl: 'https://shop.example/docs',
          connectionSpecification: {
            type: 'object',
            properties: { token: { type: 'string', airbyte_secret: true } },
          },
        },
      },
    ]);
    expect(code).toBe(0);
  });
});

describe('weir check', () => {
  test('succeeded', async () => {
    const { options } = await shop();
    const { stdout, code } = await weir('check', ...options);
    expect(messages(stdout)).toEqual([{ type: 'CONNECTION_STATUS', connectionStatus: { status: 'SUCCEEDED' } }]);
    expect(code).toBe(0);
  });

  test('failed is an answer too, without the secret', async () => {
    const { options } = await shop({ '/orders': [{ status: 401, body: { message: `unknown: ${TOKEN}` } }] });
    const { stdout, code } = await weir('check', ...options);
    const [{ connectionStatus } = {}] = messages(stdout);
    expect(connectionStatus).toMatchObject({ status: 'FAILED', message: expect.stringMatching(/401: unknown: \*+ /) });
    expect(stdout).not.toContain(TOKEN);
    expect(code).toBe(0);
  });
});

describe('weir discover', () => {
  test('is one catalog', async () => {
    const { options } = await shop();
    const { stdout, code } = await weir('discover', ...options);
    expect(messages(stdout)).toMatchObject([
      {
        type: 'CATALOG',
        catalog: {
          streams: [
            {
              name: 'orders',
              supported_sync_modes: ['full_refresh', 'incremental'],
              source_defined_cursor: true,
              default_cursor_field: ['at'],
              source_defined_primary_key: [['id']],
            },
            { name: 'customers', supported_sync_modes: ['full_refresh'] },
          ],
        },
      },
    ]);
    expect(code).toBe(0);
  });
});

describe('weir read', () => {
  test('records, states and statuses, every digit kept', async () => {
    const { options, file } = await shop();
    const { stdout, stderr, code } = await weir('read', ...options, '--catalog', file('catalog.json'));
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const stream = ['TRACE STARTED', 'TRACE RUNNING', 'RECORD', 'STATE', 'TRACE COMPLETE'];
    expect(kinds(stdout)).toEqual([...stream, ...stream]);
    expect(stdout).toContain('"data":{"id":9007199254740993,"at":"2026-01-02","total":1.5}');
    expect(messages(stdout)[3]).toMatchObject({
      state: {
        type: 'STREAM',
        stream: { stream_descriptor: { name: 'orders' }, stream_state: { at: '2026-01-02' } },
        sourceStats: { recordCount: 1 },
      },
    });
  });

  test('goes on from a state, as it was given out', async () => {
    const { options, file } = await shop();
    const first = await weir('read', ...options, '--catalog', file('catalog.json'));
    const states = messages(first.stdout).filter(({ type }) => type === 'STATE');
    writeFileSync(file('state.json'), JSON.stringify(states.map(({ state }) => state)));
    const again = await weir('read', ...options, '--catalog', file('catalog.json'), '--state', file('state.json'));
    expect(again.code).toBe(0);
    expect(messages(again.stdout)[3]).toMatchObject({ state: { stream: { stream_state: { at: '2026-01-02' } } } });
  });

  test('a stream that fails does not stop the others, and the exit code says so', async () => {
    const { options, file } = await shop({ '/orders': [{ status: 500 }] });
    const { stdout, code } = await weir('read', ...options, '--catalog', file('catalog.json'));
    expect(code).toBe(1);
    expect(kinds(stdout)).toEqual([
      ...['TRACE STARTED', 'TRACE', 'TRACE INCOMPLETE'],
      ...['TRACE STARTED', 'TRACE RUNNING', 'RECORD', 'STATE', 'TRACE COMPLETE'],
      'TRACE',
    ]);
    expect(messages(stdout).at(-1)).toMatchObject({
      trace: { error: { message: expect.stringMatching(/^These streams were not read to their end\. orders: /) } },
    });
    expect(messages(stdout)[1]).toMatchObject({
      trace: {
        type: 'ERROR',
        error: {
          failure_type: 'transient_error',
          internal_message: 'http_500',
          message: expect.stringMatching(/stream orders, page 1/),
          stream_descriptor: { name: 'orders' },
        },
      },
    });
  });

  test('an API that is asked too often makes the stream wait, and that is told; with --debug each request is', async () => {
    const { options, file } = await shop({
      '/orders': [{ status: 429, headers: { 'retry-after': '0' } }, { body: { data: [] } }],
    });
    writeFileSync(
      file('shop.yaml'),
      readFileSync(file('shop.yaml'), 'utf8').replace('max_retries: 0', 'max_retries: 1'),
    );
    const { stdout } = await weir('read', ...options, '--catalog', file('catalog.json'), '--debug');
    const told = messages(stdout);
    const statuses = told.flatMap(({ trace }) => (trace as JsonObject | undefined)?.stream_status ?? []);
    expect(statuses).toContainEqual({
      ...{ stream_descriptor: { name: 'orders' }, status: 'RUNNING', reasons: [{ type: 'RATE_LIMITED' }] },
    });
    const logs = told.flatMap(({ log }) => (log ? [(log as JsonObject).message] : []));
    expect(logs).toContainEqual(expect.stringMatching(/^orders, page 1: GET http.*\/orders: 429, .*retry, again in/));
    expect(stdout).not.toContain(TOKEN);
  });

  test('a stream that the manifest does not have is a failure', async () => {
    const { options, file } = await shop();
    writeFileSync(file('catalog.json'), JSON.stringify({ streams: [{ stream: { name: 'nope' } }] }));
    const { stdout, code } = await weir('read', ...options, '--catalog', file('catalog.json'));
    expect(code).toBe(1);
    expect(stdout).toContain('no stream named nope');
  });

  test('is stopped by a signal in the middle of a request', async () => {
    const { options, file, server } = await shop({ '/orders': { hang: true } });
    const { child, ended } = start(['read', ...options, '--catalog', file('catalog.json')]);
    await server.waitForRequests(1);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ stderr: 'Stopped.\n', code: 1 });
  });

  test('ends quietly when nobody reads its output any more', async () => {
    const many = Array.from({ length: 20_000 }, (_, id) => ({ id, at: '2026-01-02' }));
    const { options, file } = await shop({ '/orders': [{ body: { data: many } }] });
    const child = spawn(process.execPath, [CLI, 'read', ...options, '--catalog', file('catalog.json')]);
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await text(child.stderr)).toBe('');
  });
});

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

describe('weir plan', () => {
  test('lists slices and first requests, and asks nothing', async () => {
    const { server, file, options } = await shop();
    const { stdout, stderr, code } = await weir('plan', ...options);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.split('\n')).toEqual([
      'orders: 1 slice',
      expect.stringMatching(/^ {2}\{"end_time":"[\d-]+","start_time":"2026-01-01"\}$/),
      `    GET ${server.url}/orders`,
      'customers: 1 slice',
      '  all',
      `    GET ${server.url}/customers`,
      '',
    ]);
    const state = [
      { type: 'STREAM', stream: { stream_descriptor: { name: 'orders' }, stream_state: { at: '2026-01-09' } } },
    ];
    writeFileSync(file('state.json'), JSON.stringify(state));
    const later = await weir('plan', ...options, '--state', file('state.json'), '--stream', 'orders', '--json');
    const [plan] = messages(later.stdout);
    expect(plan).toMatchObject({ stream: 'orders', count: 1, unknownUntil: null });
    expect(later.stdout).toContain('2026-01-09');
    expect(later.stdout).not.toContain(TOKEN);
    expect(server.connections()).toBe(0);
  });

  test('a stream that is not there is said in its line', async () => {
    const { options } = await shop();
    const { stdout } = await weir('plan', ...options, '--stream', 'nope');
    expect(stdout).toBe('nope: The manifest has no stream named nope any more.\n');
  });
});

describe('weir sync', () => {
  test('loads into a Postgres, and goes on from there', async () => {
    const { options, server } = await shop();
    const { url, query } = await testDatabase();
    const first = await weir('sync', ...options, '--to', `${url}?schema=shop`);
    expect(first).toMatchObject({ stderr: '', code: 0 });
    expect(first.stdout.split('\n')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^orders: 1 read = 0 filtered \+ 0 quarantined \+ 1 staged; 1 inserted, 0 updated/),
        expect.stringMatching(/^customers: .*1 inserted/),
      ]),
    );
    server.on('/orders', [
      {
        body: {
          data: [
            { id: 2, at: '2026-01-03' },
            { id: 3, at: '2026-01-04' },
          ],
        },
      },
    ]);
    expect(await weir('sync', ...options, '--to', `${url}?schema=shop`)).toMatchObject({ code: 0 });
    expect(await query('select id::text, total::text from shop.orders order by id')).toEqual([
      { id: '2', total: null },
      { id: '3', total: null },
      { id: '9007199254740993', total: '1.5' },
    ]);
    expect(await query('select name from shop.customers')).toEqual([{ name: 'Ann' }]);
  });

  test('a stream that fails ends with 1, and the others are loaded', async () => {
    const { options } = await shop({ '/orders': [{ status: 404 }] });
    const { url, query } = await testDatabase();
    const { stdout, code } = await weir('sync', ...options, '--to', url);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^orders: failed\. 127\.0\.0\.1:\d+ answered 404.*There is nothing at this address/m);
    expect(await query('select name from public.customers')).toEqual([{ name: 'Ann' }]);
  });

  test('chooses streams, and refuses those that are not there', async () => {
    const { options } = await shop();
    const { url, query } = await testDatabase();
    expect(await weir('sync', ...options, '--to', url, '--stream', 'customers')).toMatchObject({ code: 0 });
    const tables = "select table_name as name from information_schema.tables where table_schema = 'public'";
    expect(await query(tables)).toEqual([{ name: 'customers' }]);
    const wrong = await weir('sync', ...options, '--to', url, '--stream', 'custmers');
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toBe('There is no stream named custmers. Streams: orders, customers.\n');
  });

  test('a destination that is no Postgres, or not there: one line without the password', async () => {
    const { options } = await shop();
    const [kind, gone] = await Promise.all([
      weir('sync', ...options, '--to', 'mysql://ann:pa55word@127.0.0.1/shop'),
      weir('sync', ...options, '--to', 'postgres://ann:pa55word@127.0.0.1:1/shop'),
    ]);
    expect(kind).toMatchObject({ code: 1, stderr: expect.stringMatching(/^--to takes the address of a Postgres\./) });
    expect(gone.code).toBe(1);
    expect(gone.stdout + gone.stderr).toMatch(/127\.0\.0\.1:1/);
    expect(gone.stdout + gone.stderr).not.toContain('pa55word');
  });
});
