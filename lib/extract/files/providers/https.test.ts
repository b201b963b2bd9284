import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import type { WeirError } from '#lib/errors.ts';
import { createLog } from '#lib/log.ts';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { createHttpClient, type HttpDefaults } from '../../http/create-http-client.ts';
import type { ExtractContext } from '../../source.ts';
import type { FileStreamOptions } from '../file-options.ts';
import { read, request } from '../fixtures/reading.ts';
import { discoverFiles } from '../read-files.ts';

const NOW = new Date('2026-11-26T12:00:00Z');
const CSV = 'id,text\n1,a\n2,b\n';
const ROWS = [
  { id: 1, text: 'a' },
  { id: 2, text: 'b' },
];

/** A server of files that misbehaves as its script says, and a stream that reads one of them. */
async function files(
  script: Script,
  more: { path?: FileStreamOptions['path']; defaults?: Partial<HttpDefaults> } = {},
) {
  const server = await scriptedServer(script);
  onTestFinished(() => server.close());
  const log = createLog('test', 'silent');
  const clock = () => NOW;
  const guard = createGuard({ allowed: [{ host: '127.0.0.1', port: server.port }] });
  const http = createHttpClient({ guard, clock, log, ...(more.defaults && { defaults: more.defaults }) });
  onTestFinished(() => http.close());
  const waits: number[] = [];
  let limited = 0;
  const context: ExtractContext = {
    ...{ http, log, clock, signal: new AbortController().signal },
    sleep: async (ms) => void waits.push(ms),
    onRateLimited: () => {
      limited++;
    },
  };
  const options: FileStreamOptions = {
    ...{ name: 'files', format: { type: 'csv' }, path: more.path ?? 'rows.csv' },
    provider: { type: 'https', base_url: server.url, headers: { authorization: 'Bearer s3cret' } },
  };
  return {
    ...{ server, waits, context, options },
    limited: () => limited,
    read: (...asked: Parameters<typeof request>) => read(context, options, request(...asked)),
    failure: () =>
      read(context, options).then(
        () => null,
        (error: WeirError) => error,
      ),
  };
}

describe('a server of files that', () => {
  test('asks to wait is waited for as long as it says, and the file is read once', async () => {
    const given = await files({
      '/rows.csv': [
        { status: 429, headers: { 'retry-after': '7' } },
        { status: 503, headers: { 'retry-after': 'Thu, 26 Nov 2026 12:00:30 GMT' } },
        { body: CSV, headers: { etag: '"1"' } },
        { status: 429, headers: { 'retry-after': 'Thu, 26 Nov 2026 11:00:00 GMT' } },
        { status: 500 },
        { body: CSV, headers: { etag: '"2"' } },
      ],
    });
    expect((await given.read()).records).toEqual(ROWS);
    expect((await given.read()).records).toEqual(ROWS);
    expect(given.waits).toEqual([7_000, 30_000, 0, 2_000]);
    expect(given.limited()).toBe(2);
  });

  test('asks to wait says so while it is waited for', async () => {
    const given = await files({
      '/rows.csv': [{ status: 503, headers: { 'retry-after': '30' } }, { status: 429 }, { body: CSV }],
    });
    expect((await given.read()).notices).toEqual([
      'rows.csv: its server answered 503. It is asked again in 30 s.',
      'rows.csv: its server answered 429. It is asked again in 2 s.',
    ]);
  });

  test('asks to wait for ever, or fails for ever, is told by its file', async () => {
    const busy = await files({ '/rows.csv': { status: 429, headers: { 'retry-after': '1000000000' } } });
    expect(await busy.failure()).toMatchObject({
      kind: 'transient',
      code: 'wait_too_long',
      message: expect.stringMatching(/^rows\.csv: its server asks to wait 1000000000 s/),
    });
    const down = await files({ '/rows.csv': { status: 503 } });
    expect(await down.failure()).toMatchObject({ kind: 'transient', code: 'http_status', where: { file: 'rows.csv' } });
    expect(down.waits).toEqual([1_000, 2_000]);
  });

  test.each([
    ['with a length', { cutAfter: 12 }],
    ['in chunks', { cutAfter: 20, chunkBytes: 4 }],
    ['by a reset', { resetAfter: 12 }],
    ['with a length that is too long', { contentLength: 500, close: 'silent' }],
    ['packed', { encoding: 'gzip', cutAfter: 20 }],
  ] as const)('breaks off %s gives none of its rows, and all of them once it does not', async (_, how) => {
    const given = await files({ '/rows.csv': [{ body: CSV, ...how }, { body: CSV }] });
    expect((await given.read()).records).toEqual(ROWS);
    const broken = await files({ '/rows.csv': { body: CSV, ...how } });
    expect(await broken.failure()).toMatchObject({
      kind: 'transient',
      code: 'response_truncated',
      message: expect.stringMatching(/^rows\.csv: /),
    });
  });

  test('stops in the middle is not waited for without end', async () => {
    const never = new Promise(() => undefined);
    const eachByte = (index: number) => (index < 12 ? Promise.resolve() : never);
    const given = await files(
      { '/rows.csv': [{ body: CSV, eachByte }, { body: CSV }] },
      { defaults: { idleTimeoutMs: 100 } },
    );
    expect((await given.read()).records).toEqual(ROWS);
  });

  test.each([
    ['<!DOCTYPE html><html><head><title>Sign in</title></head></html>', {}],
    ['\n<html lang="en"><title>Sign in</title>', { 'content-type': 'text/html' }],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', {}],
  ])('answers with the page %j gives no rows', async (body, headers) => {
    const given = await files({ '/rows.csv': { body, headers } });
    expect(await given.failure()).toMatchObject({
      kind: 'config',
      code: 'not_a_file',
      message: expect.stringMatching(/^rows\.csv: .*(Sign in|AccessDenied)/),
    });
  });

  test('says that nothing has changed without being asked is not believed', async () => {
    const given = await files({ '/rows.csv': { status: 304 } });
    expect(await given.failure()).toMatchObject({ code: 'http_status', where: { file: 'rows.csv' } });
  });

  test('packs what is packed, or only says so, gives the same rows', async () => {
    const twice = await files({ '/rows.csv': { body: gzipSync(CSV), encoding: 'gzip' } });
    expect((await twice.read()).records).toEqual(ROWS);
    const once = await files({ '/rows.csv': { body: gzipSync(CSV), headers: { 'content-encoding': 'gzip' } } });
    expect((await once.read()).records).toEqual(ROWS);
    const none = await files({ '/rows.csv': { body: CSV, headers: { 'content-encoding': 'gzip' } } });
    expect(await none.failure()).toMatchObject({
      code: 'bad_response',
      message: expect.stringMatching(/^rows\.csv: /),
    });
    const members = await files({ '/rows.csv': { body: Buffer.concat([gzipSync(CSV), gzipSync('3,c\n')]) } });
    expect((await members.read()).records).toHaveLength(3);
  });

  test('sends nothing gives no rows and says so', async () => {
    for (const answer of [{ body: '' }, { body: '', chunkBytes: 4 }]) {
      const given = await files({ '/rows.csv': answer });
      const { records, notices } = await given.read();
      expect(records).toEqual([]);
      expect(notices).toEqual([expect.stringContaining('rows.csv is empty')]);
    }
  });

  test.each([204, 206, 416, 404, 410, 401, 403])('answers %i is told by its file and its status', async (status) => {
    const given = await files({ '/rows.csv': { status, body: 'id\n1\n' } });
    const failure = await given.failure();
    expect(failure?.message).toMatch(/^rows\.csv: /);
    expect(failure?.hint).toBeTruthy();
    expect(given.waits).toEqual([]);
  });
});

describe('redirects', () => {
  test('lead on, without what is meant for the first host', async () => {
    const other = await scriptedServer({ '/moved.csv': { body: CSV } });
    onTestFinished(() => other.close());
    const given = await files({
      '/rows.csv': { status: 302, headers: { location: '/here.csv' } },
      '/here.csv': { body: CSV },
      '/away.csv': { status: 307, headers: { location: `${other.url}/moved.csv` } },
      '/loop.csv': { status: 301, headers: { location: '/loop.csv' } },
      '/inside.csv': { status: 301, headers: { location: 'http://169.254.169.254/latest/meta-data' } },
    });
    expect((await given.read()).records).toEqual(ROWS);
    expect(given.server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer s3cret',
      'Bearer s3cret',
    ]);
    for (const [path, code] of [
      ['away.csv', 'address_refused'],
      ['inside.csv', 'address_refused'],
      ['loop.csv', 'too_many_redirects'],
    ] as const)
      await expect(read(given.context, { ...given.options, path })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(new RegExp(`^${path}: `)),
      });
    expect(other.requests).toEqual([]);
  });
});

test('the first file that has columns says what the rows look like, though its size is not known before', async () => {
  const script = { '/none.csv': { body: '' }, '/line.csv': { body: '\n' }, '/rows.csv': { body: CSV } };
  const given = await files(script, { path: ['none.csv', 'line.csv', 'rows.csv'] });
  const { properties } = await discoverFiles(given.context, given.options);
  expect(properties).toEqual({ id: { type: ['null', 'integer'] }, text: { type: ['null', 'string'] } });
  const nothing = await files(script, { path: ['none.csv', 'line.csv'] });
  expect(await discoverFiles(nothing.context, nothing.options)).toMatchObject({ properties: {} });
});

describe('what has been read', () => {
  test('comes once, though its address is listed twice', async () => {
    const given = await files({ '/rows.csv': { body: CSV } }, { path: ['rows.csv', 'rows.csv'] });
    expect((await given.read()).records).toEqual(ROWS);
  });

  test('is known by its tag, which a second answer may change', async () => {
    const given = await files({
      '/rows.csv': ({ headers }, index) =>
        headers['if-none-match'] === '"2"'
          ? { status: 304 }
          : { body: CSV, headers: { etag: index === 0 ? 'W/"1"' : '"2"' } },
    });
    const first = await given.read('incremental');
    const second = await given.read('incremental', { state: first.state });
    const third = await given.read('incremental', { state: second.state });
    expect([first, second, third].map(({ records }) => records.length)).toEqual([2, 2, 0]);
    expect(third.state).toEqual(second.state);
  });

  test('comes in full refreshes again, whatever tag it has', async () => {
    const given = await files({
      '/rows.csv': ({ headers }) =>
        headers['if-none-match'] ? { status: 304 } : { body: CSV, headers: { etag: '"1"' } },
    });
    const first = await given.read();
    expect((await given.read('full_refresh', { state: first.state })).records).toEqual(ROWS);
  });
});
