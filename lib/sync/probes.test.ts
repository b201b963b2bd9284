import { describe, expect, onTestFinished, test } from 'vitest';
import type { ProbeKind } from '#lib/db/schema.ts';
import { readEnv } from '#lib/env.ts';
import { language } from '#lib/extract/kinds.ts';
import type { JsonObject } from '#lib/json.ts';
import { createLog } from '#lib/log.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { createSecrets } from '#lib/secrets.ts';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { probeLost } from './child-lost.ts';
import { testService } from './fixtures/service.ts';
import { cancelProbe, probeEvents, startProbe } from './probes.ts';
import { runProbe } from './run-probe.ts';

const TOKEN = 'shop-secret-token';

/** The service, a shop that answers by the script, and questions about it. */
async function asked(script: Script = [{ body: { data: [{ id: 1 }, { id: 2 }] } }], { allowed = true } = {}) {
  const service = await testService();
  const server = await scriptedServer(script);
  onTestFinished(() => server.close());
  const { workspaceId, query } = service;
  if (allowed)
    await query('insert into allowed_host (workspace_id, host, port) values ($1, $2, $3)', [
      ...[workspaceId, '127.0.0.1', server.port],
    ]);
  const { env } = readEnv({ WEIR_LOG_LEVEL: 'silent' }, '/nonexistent');
  const c = { ...service, log: createLog('test', 'silent'), env, secrets: createSecrets('k'.repeat(32)) };
  const { manifest } = parseManifest(
    `
version: 6.0.0
check: { stream_names: [orders] }
spec:
  connection_specification: { type: object, properties: { token: { type: string, airbyte_secret: true } } }
streams:
  - name: orders
    primary_key: id
    incremental_sync: { type: DatetimeBasedCursor, cursor_field: at, datetime_format: "%Y", start_datetime: "2020" }
    retriever:
      requester:
        url: ${server.url}/orders
        authenticator: { type: BearerAuthenticator, api_token: "{{ config.token }}" }
      record_selector: { extractor: { field_path: [data] }, record_filter: { condition: "{{ record.id < 1000 }}" } }
`,
    language,
  );
  const question: JsonObject = { compiled: manifest as unknown as JsonObject, config: { token: TOKEN } };
  const start = async (kind: ProbeKind, input: JsonObject = {}) =>
    (await startProbe(c, workspaceId, kind, { ...question, ...input }, 'ann@harbour.example')).probeId;
  const run = (probeId: string, signal = new AbortController().signal) => runProbe(c, probeId, signal);
  const told = async (probeId: string, after = 0) =>
    (await probeEvents(c, workspaceId, probeId, after)).map(({ event }) => event);
  const ask = async (kind: ProbeKind, input: JsonObject = {}) => {
    const probeId = await start(kind, input);
    await run(probeId);
    return told(probeId);
  };
  const status = async (probeId: string) =>
    (
      await query<{ status: string; failure: JsonObject | null }>('select status, failure from probe where id = $1', [
        probeId,
      ])
    )[0];
  return { c, service, server, start, run, told, ask, status, compiled: question.compiled };
}

describe('a question', () => {
  test('is a row whose input is sealed, and a job with its id alone', async () => {
    const { service, start } = await asked();
    const probeId = await start('check_source');
    expect(service.queue.sent).toEqual([{ name: 'probe', data: { probeId }, startAfterS: 0 }]);
    const [row] = await service.query<{ input: JsonObject; status: string }>('select input, status from probe');
    expect(row?.status).toBe('pending');
    expect(Object.keys(row?.input ?? {})).toEqual(['sealed']);
    expect(JSON.stringify(row)).not.toContain(TOKEN);
  });

  test('that nobody knows is refused, as is one of another workspace', async () => {
    const { c, start } = await asked();
    const probeId = await start('check_source');
    const other = '00000000-0000-0000-0000-000000000000';
    await expect(probeEvents(c, other, probeId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(probeEvents(c, c.workspaceId, other)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('that was answered is not answered again', async () => {
    const { server, start, run } = await asked();
    const probeId = await start('check_source');
    await run(probeId);
    await run(probeId);
    expect(server.requests).toHaveLength(1);
  });
});

describe('check_source', () => {
  test('succeeds with a record', async () => {
    const { ask } = await asked();
    expect(await ask('check_source')).toMatchObject([
      { type: 'exchange', exchange: { stream: 'orders', response: { status: 200 } } },
      { type: 'result', ok: true, message: 'Read from orders.' },
      { type: 'done' },
    ]);
  });

  test('a refusal is an answer: no secret in it', async () => {
    const { ask, server } = await asked(({ headers }) => ({
      status: 401,
      body: { message: `no ${headers.authorization}` },
    }));
    const events = await ask('check_source');
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(events.at(-2)).toMatchObject({ type: 'result', ok: false, message: expect.stringContaining('401') });
    expect(JSON.stringify(events)).not.toContain(TOKEN);
  });

  test('a private address that nobody allowed is a failure with its own code', async () => {
    const { start, run, told, status, server } = await asked([], { allowed: false });
    const probeId = await start('check_source');
    await run(probeId);
    expect(await told(probeId)).toMatchObject([
      { type: 'exchange', exchange: { action: 'fail' } },
      { type: 'failure', failure: { code: 'address_refused', hint: expect.stringContaining('Settings → Network') } },
      { type: 'done' },
    ]);
    expect(await status(probeId)).toMatchObject({ status: 'failed', failure: { code: 'address_refused' } });
    expect(server.connections()).toBe(0);
  });
});

test('discover gives the streams', async () => {
  const { ask } = await asked();
  expect(await ask('discover')).toMatchObject([
    { type: 'result', streams: [{ name: 'orders', sourceDefinedPrimaryKey: [['id']], defaultCursorField: ['at'] }] },
    { type: 'done' },
  ]);
});

describe('test_read', () => {
  test('shows requests, pages, raw records, states and a log, in order', async () => {
    const records = [
      { id: 1, at: '2021' },
      { id: 2000, at: '2022' },
      { id: 3, at: '2023' },
    ];
    const { ask } = await asked([{ body: { data: records } }]);
    const events = await ask('test_read', { stream: 'orders' });
    expect(events.map(({ type }) => type)).toEqual([
      'exchange',
      'page',
      'log',
      'state',
      'log',
      'templates',
      'recording',
      'done',
    ]);
    expect(events[1]).toMatchObject({ page: 1, read: 3, filtered: 1, records: [records[0], records[2]] });
    expect(events[3]).toEqual({ type: 'state', state: { at: '2023' } });
    expect(JSON.stringify(events)).not.toContain(TOKEN);
  });

  test('goes on from a state', async () => {
    const { ask } = await asked([{ body: { data: [] } }]);
    const events = await ask('test_read', { stream: 'orders', state: { at: '2024' } });
    expect(events.find(({ type }) => type === 'state')).toEqual({ type: 'state', state: { at: '2024' } });
  });

  test('shows five thousand records', async () => {
    const many = Array.from({ length: 6_000 }, () => ({ id: 1 }));
    const { ask } = await asked([{ body: { data: many } }]);
    const limits = { maxRecords: 5_000 };
    const page = (await ask('test_read', { stream: 'orders', limits })).find(({ type }) => type === 'page');
    expect(page).toMatchObject({ read: 6_000 });
    expect(page?.records).toHaveLength(5_000);
    expect(page?.raw).toHaveLength(5_000);
  });

  test('what goes wrong is the answer, with its place', async () => {
    const { start, run, told, status } = await asked([{ body: '<html>' }]);
    const probeId = await start('test_read', { stream: 'orders' });
    await run(probeId);
    const failure = { code: 'bad_json', where: { stream: 'orders', page: 1 } };
    expect((await told(probeId)).slice(-2)).toMatchObject([{ type: 'failure', failure }, { type: 'done' }]);
    expect(await status(probeId)).toMatchObject({ status: 'failed', failure });
  });

  test('a stream that is not there', async () => {
    const { ask } = await asked();
    expect(await ask('test_read', { stream: 'customers' })).toMatchObject([
      {
        type: 'failure',
        failure: { code: 'unknown_stream', message: 'The manifest has no stream named customers any more.' },
      },
      { type: 'done' },
    ]);
  });

  test('NUL and half a letter in a value can be shown', async () => {
    const { ask } = await asked([{ body: { data: [{ id: 1, name: 'a\u0000b', half: '\ud83d', not: '\\u0000' }] } }]);
    const page = (await ask('test_read', { stream: 'orders' })).find(({ type }) => type === 'page');
    expect(page?.records).toEqual([{ id: 1, name: 'a\ufffdb', half: '\ufffd', not: '\\u0000' }]);
  });
});

describe('a recording', () => {
  const RECORDS = [
    { id: 1, at: '2021' },
    { id: 2, at: '2022' },
  ];

  test('holds no secret, is read again without the API, and becomes a test that passes', async () => {
    const { ask, server } = await asked(({ headers }) => ({ body: { data: RECORDS, you: headers.authorization } }));
    const events = await ask('test_read', { stream: 'orders' });
    const recorded = events.find(({ type }) => type === 'recording')?.test as JsonObject;
    expect(JSON.stringify(recorded)).not.toContain(TOKEN);
    const asks = server.requests.length;

    const replayed = await ask('test_read', { stream: 'orders', replay: recorded });
    expect(replayed.find(({ type }) => type === 'page')).toMatchObject({ records: RECORDS });
    expect(replayed.some(({ type }) => type === 'recording')).toBe(false);

    const [kept] = await ask('keep_test', { test: recorded });
    expect(kept).toMatchObject({ type: 'result', test: { expect: { records: RECORDS, state: { at: '2022' } } } });
    expect(server.requests).toHaveLength(asks);
  });

  test('is read by the manifest as it is now', async () => {
    const { ask, compiled } = await asked([{ body: { data: RECORDS } }]);
    const recorded = (await ask('test_read', { stream: 'orders' })).find(({ type }) => type === 'recording');
    const changed = structuredClone(compiled) as { streams: { component: JsonObject }[] };
    Object.assign(changed.streams[0]?.component ?? {}, {
      transformations: [
        {
          type: 'AddFields',
          fields: [{ type: 'AddedFieldDefinition', path: ['shop'], value: 'mine' }],
        },
      ],
    });
    const replay = recorded?.test as JsonObject;
    const events = await ask('test_read', { stream: 'orders', replay, compiled: changed as unknown as JsonObject });
    expect(events.find(({ type }) => type === 'page')).toMatchObject({
      records: RECORDS.map((record) => ({ ...record, shop: 'mine' })),
      raw: RECORDS,
    });
  });

  test('of a read that fails is kept with its failure', async () => {
    const { ask } = await asked([{ status: 404, body: { error: 'gone' } }]);
    const events = await ask('test_read', { stream: 'orders' });
    expect(events.at(-2)).toMatchObject({ type: 'failure', failure: { code: 'http_404' } });
    const recorded = events.find(({ type }) => type === 'recording');
    expect(recorded).toMatchObject({ failed: true });
    const [kept] = await ask('keep_test', { test: recorded?.test as JsonObject, failed: true });
    expect(kept).toMatchObject({ type: 'result', test: { expect: { error: { code: 'http_404' } } } });
  });

  test('an API that is made to misbehave leaves none, and says what was made', async () => {
    const { ask, server } = await asked([{ body: { data: RECORDS } }]);
    const events = await ask('test_read', { stream: 'orders', faults: ['server_errors'] });
    expect(events.filter(({ type }) => type === 'exchange')).toHaveLength(3);
    expect(events.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'Made by this test: 500 (GET /orders)' },
      { message: 'Made by this test: 500 (GET /orders)' },
    ]);
    expect(events.some(({ type }) => type === 'recording')).toBe(false);
    expect(server.requests).toHaveLength(1);
  });
});

describe('what is answered without the API', () => {
  test('a plan: its slices and their first requests', async () => {
    const { ask, server } = await asked();
    expect(await ask('plan', { stream: 'orders' })).toMatchObject([
      { type: 'result', plan: { stream: 'orders', count: 1, slices: [{ request: { method: 'GET' } }] } },
      { type: 'done' },
    ]);
    expect(server.requests).toHaveLength(0);
  });

  test('the tests of a manifest, each as it ends', async () => {
    const { ask } = await asked();
    const manifest = `metadata:
  weir:
    tests:
      - { name: fails, stream: orders, exchanges: [], expect: { record_count: 1 } }
`;
    expect(await ask('run_tests', { manifest })).toMatchObject([
      { type: 'test', test: 'fails', passed: false, unmet: [{ line: 4, path: 'exchanges' }, { line: 4 }] },
      { type: 'result', results: [{ test: 'fails' }] },
      { type: 'done' },
    ]);
  });
});

describe('check_destination', () => {
  const to = (config: JsonObject) => ({ type: 'postgres', config });
  const url = new URL(process.env.WEIR_TEST_POSTGRES ?? 'postgres://localhost');
  const config = {
    ...{ host: url.hostname, port: Number(url.port), database: 'postgres', schema: 'public' },
    ...{ username: url.username, password: decodeURIComponent(url.password), ssl_mode: { mode: 'disable' } },
  };
  const allow = (service: { query: (sql: string, values: unknown[]) => Promise<unknown>; workspaceId: string }) =>
    service.query('insert into allowed_host (workspace_id, host, port) values ($1, $2, $3)', [
      ...[service.workspaceId, config.host, config.port],
    ]);

  test('succeeds where it can write', async () => {
    const { ask, service } = await asked();
    await allow(service);
    expect(await ask('check_destination', to(config))).toMatchObject([{ type: 'result', ok: true }, { type: 'done' }]);
  });

  test('says what is wrong with a wrong database', async () => {
    const { ask, service } = await asked();
    await allow(service);
    const events = await ask('check_destination', to({ ...config, database: 'nope' }));
    expect(events.at(-1)).toEqual({ type: 'done' });
    expect(JSON.stringify(events)).toContain('nope');
    expect(events[0]).not.toMatchObject({ ok: true });
  });
});

describe('a question that is cancelled', () => {
  test.each(['cancelled', new DOMException('cancelled', 'AbortError')])(
    'in the middle of a request (%s)',
    async (reason) => {
      const stop = new AbortController();
      const { c, start, run, told, status, server } = await asked(() => ({ hang: true }));
      const probeId = await start('test_read', { stream: 'orders' });
      const running = run(probeId, stop.signal);
      await server.waitForRequests(1);
      await cancelProbe(c, c.workspaceId, probeId);
      stop.abort(reason);
      await running;
      expect((await told(probeId)).slice(-2)).toMatchObject([
        { type: 'failure', failure: { kind: 'config', code: 'cancelled', message: 'It was stopped.' } },
        { type: 'done' },
      ]);
      expect(await status(probeId)).toMatchObject({ status: 'cancelled' });
    },
  );

  test('before a worker took it is never run', async () => {
    const { c, start, run, told, status, server } = await asked();
    const probeId = await start('check_source');
    await cancelProbe(c, c.workspaceId, probeId);
    await run(probeId);
    expect(server.requests).toHaveLength(0);
    expect(await told(probeId)).toEqual([{ type: 'done' }]);
    expect(await status(probeId)).toMatchObject({ status: 'cancelled' });
  });

  test('of another workspace is left alone', async () => {
    const { c, start, status } = await asked();
    const probeId = await start('check_source');
    const elsewhere = cancelProbe(c, '00000000-0000-0000-0000-000000000000', probeId);
    await expect(elsewhere).rejects.toMatchObject({ code: 'not_found' });
    expect(await status(probeId)).toMatchObject({ status: 'pending' });
  });
});

describe('a question whose process was lost', () => {
  test.each([
    ['memory', 'memory_limit', 'terminal'],
    ['deadline', 'timeout', 'transient'],
    ['crashed', 'process_lost', 'transient'],
  ] as const)('by %s ends with a failure, and says that it was a test', async (reason, code, kind) => {
    const { c, start, told, status } = await asked();
    const probeId = await start('test_read', { stream: 'orders' });
    await probeLost(c, probeId, { reason, message: 'Its process went away.' });
    const failure = { kind, code, message: 'The test was ended: Its process went away.' };
    expect(await told(probeId)).toMatchObject([{ type: 'failure', failure }]);
    expect(await told(probeId, 1)).toEqual([{ type: 'done' }]);
    expect(await status(probeId)).toMatchObject({ status: 'failed', failure });
  });

  test('goes on in numbers where the process left off', async () => {
    const { c, service, start } = await asked();
    const probeId = await start('test_read', { stream: 'orders' });
    await service.query(`insert into probe_event (probe_id, seq, event) values ($1, 1, '{"type":"log"}')`, [probeId]);
    await probeLost(c, probeId, { reason: 'killed', message: 'gone' });
    expect((await probeEvents(c, c.workspaceId, probeId, 1)).map(({ seq }) => seq)).toEqual([2]);
  });

  test('after it had ended changes nothing', async () => {
    const { c, start, run, told, status } = await asked();
    const probeId = await start('check_source');
    await run(probeId);
    const before = await told(probeId);
    await probeLost(c, probeId, { reason: 'crashed', message: 'late' });
    expect(await told(probeId)).toEqual(before);
    expect(await status(probeId)).toMatchObject({ status: 'succeeded' });
  });
});
