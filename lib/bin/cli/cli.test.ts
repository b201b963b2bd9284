import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { CLI, files, kinds, manifest, messages, shop, start, TOKEN, weir } from './fixtures/run-cli.ts';

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
    [['check', '--manifest', import.meta.filename], 1, /no valid manifest/],
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

test('files are read beside the command and in folders of WEIR_FILE_ROOTS', async () => {
  const file = files({ 'events.csv': 'id,name\n1,a\n', 'config.json': {}, 'elsewhere.yaml': '' });
  const folder = path.dirname(file('events.csv'));
  writeFileSync(
    file('elsewhere.yaml'),
    `version: 6.0.0
check: { type: CheckStream, stream_names: [events] }
streams:
  - { type: FileStream, name: events, provider: { type: folder, folder: ${folder} }, path: events.csv, format: { type: csv } }
`,
  );
  const args = ['check', '--manifest', file('elsewhere.yaml'), '--config', file('config.json')];
  const run = (env: Record<string, string>) =>
    text(spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } }).stdout);
  expect(await run({})).toContain('FAILED');
  expect(await run({ WEIR_FILE_ROOTS: folder })).toContain('SUCCEEDED');
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
