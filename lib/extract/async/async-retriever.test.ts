import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { testClock } from '#tests/harness/clock.ts';
import type { Answers } from '#tests/harness/scripted-server.ts';
import { scriptedSource } from '../fixtures/scripted-source.ts';

/** A stream that is exported by jobs; more of the retriever, of the stream and of the source. */
const manifest = (retriever = '', stream = '', source = '') => `
version: 6.0.0
check: { stream_names: [orders] }
${source}
streams:
  - name: orders
    retriever:
      type: AsyncRetriever
      record_selector: { extractor: { field_path: [] } }
      status_extractor: { type: DpathExtractor, field_path: [status] }
      status_mapping: { running: [pending], completed: [done], failed: [error], timeout: [late], skipped: [empty] }
      download_target_extractor: { type: DpathExtractor, field_path: [urls] }
      creation_requester: { type: HttpRequester, url: SERVER/jobs, http_method: POST }
      polling_requester: { type: HttpRequester, url: "SERVER/jobs/{{ creation_response['id'] }}" }
      download_requester: { type: HttpRequester, url: "{{ download_target }}" }
      abort_requester: { type: HttpRequester, url: "SERVER/jobs/{{ creation_response['id'] }}/stop", http_method: POST }
      delete_requester: { type: HttpRequester, url: "SERVER/jobs/{{ creation_response.id }}", http_method: DELETE }
${retriever.replaceAll(/^/gm, '      ')}
${stream.replaceAll(/^/gm, '    ')}
`;

interface Exports {
  /** How each job stands, look after look; the last one stays. */
  readonly looks?: (readonly string[])[];
  readonly more?: Readonly<Record<string, Answers>>;
}

/** An API with jobs 1, 2, … that run as told, and give a file each. */
async function exportsOf(yaml: string, { looks = [['pending', 'done']], more = {} }: Exports = {}, config = {}) {
  let made = 0;
  const seen = new Map<number, number>();
  const source = await scriptedSource(
    (request) => {
      const listed = more[request.path];
      if (typeof listed === 'function') return listed(request, 0);
      if (listed) return (Array.isArray(listed) ? listed[0] : listed) as object;
      if (request.path === '/jobs') return { body: { id: ++made } };
      const id = Number(/^\/(?:jobs|files)\/(\d+)/.exec(request.path)?.[1]);
      if (request.path.startsWith('/files/')) return { body: [{ job: id }, { job: id }] };
      if (request.method !== 'GET') return { body: {} };
      const look = seen.get(id) ?? 0;
      seen.set(id, look + 1);
      const words = looks[Math.min(id, looks.length) - 1] ?? [];
      const status = words[Math.min(look, words.length - 1)] ?? 'done';
      return { body: { status, urls: [`http://${request.headers.host}/files/${id}`] } };
    },
    yaml,
    { config, clock: testClock('2026-03-01T00:00:00Z') },
  );
  const requests = () => source.server.requests.map(({ method, target }) => `${method} ${target}`);
  return { ...source, requests, waits: () => source.clock.waits.map((ms) => ms / 1000) };
}

test('a job is started, watched every five seconds, downloaded and removed', async () => {
  const { read, requests, waits } = await exportsOf(manifest(), { looks: [['pending', 'pending', 'done']] });
  expect((await read('orders')).records).toEqual([{ job: 1 }, { job: 1 }]);
  expect(requests()).toEqual([
    ...['POST /jobs', 'GET /jobs/1', 'GET /jobs/1', 'GET /jobs/1', 'GET /files/1', 'DELETE /jobs/1'],
  ]);
  expect(waits()).toEqual([5, 5]);
});

test('each partition and each slice of time has a job of its own', async () => {
  const yaml = manifest(
    'partition_router: { type: ListPartitionRouter, values: [a, b], cursor_field: shop }',
    `incremental_sync:
  type: DatetimeBasedCursor
  cursor_field: at
  datetime_format: "%Y-%m-%d"
  start_datetime: "2026-01-01"
  end_datetime: "2026-01-03"
  step: P1D
  cursor_granularity: P1D`,
  ).replace(
    'url: SERVER/jobs, http_method: POST',
    'url: SERVER/jobs, http_method: POST, request_body: { type: RequestBodyJsonObject, value: { shop: "{{ stream_partition.shop }}", from: "{{ stream_interval.start_time }}" } }',
  );
  const { read, asked } = await exportsOf(yaml, { looks: [['done']] });
  const { records, states } = await read('orders');
  expect(records).toHaveLength(8);
  expect(asked('/jobs').map((request) => request.json())).toEqual([
    { shop: 'a', from: '2026-01-01' },
    { shop: 'a', from: '2026-01-02' },
    { shop: 'b', from: '2026-01-01' },
    { shop: 'b', from: '2026-01-02' },
  ]);
  expect(states.length).toBeGreaterThan(0);
});

describe('how many jobs run at once', () => {
  const partitioned = (source: string) =>
    manifest('partition_router: { type: ListPartitionRouter, values: [a, b, c], cursor_field: shop }', '', source);
  const mostAtOnce = async (source: string, config = {}) => {
    const { read, requests } = await exportsOf(partitioned(source), { looks: [['pending', 'done']] }, config);
    await read('orders');
    // A job is done with the second look at it.
    const looks = new Set<string>();
    let running = 0;
    return Math.max(
      ...requests().map((line) => {
        if (line === 'POST /jobs') running++;
        else if (looks.has(line)) running--;
        else if (line.startsWith('GET /jobs/')) looks.add(line);
        return running;
      }),
    );
  };

  test('one, or as many as the manifest says', async () => {
    expect(await mostAtOnce('')).toBe(1);
    expect(await mostAtOnce('max_concurrent_async_job_count: "{{ config.jobs }}"', { jobs: 3 })).toBe(3);
  });
});

describe('a job that does not end well', () => {
  test('one that fails is started again', async () => {
    const { read, requests, waits } = await exportsOf(manifest('failed_retry_wait_time_in_seconds: 60'), {
      looks: [['error'], ['done']],
    });
    expect((await read('orders')).records).toEqual([{ job: 2 }, { job: 2 }]);
    expect(requests().filter((line) => line === 'POST /jobs')).toHaveLength(2);
    expect(waits()).toEqual([60]);
  });

  test('three times are enough', async () => {
    const { read, requests } = await exportsOf(manifest(), { looks: [['error']] });
    await expect(read('orders')).rejects.toMatchObject({
      ...{ kind: 'terminal', code: 'job_failed', message: 'The job failed 3 times.' },
      where: { stream: 'orders' },
    });
    expect(requests().filter((line) => line === 'POST /jobs')).toHaveLength(3);
  });

  test('one that takes too long is stopped, and started again', async () => {
    const { read, requests, waits } = await exportsOf(manifest('polling_job_timeout: 1'), {
      looks: [['pending'], ['done']],
    });
    expect((await read('orders')).records).toEqual([{ job: 2 }, { job: 2 }]);
    expect(waits().length).toBe(14);
    expect(requests()).toContain('POST /jobs/1/stop');
  });

  test('one that the API calls late is too', async () => {
    const { read, requests } = await exportsOf(manifest(), { looks: [['late'], ['done']] });
    await read('orders');
    expect(requests()).toContain('POST /jobs/1/stop');
  });

  test('one without data is no failure, and nothing is downloaded', async () => {
    const { read, requests } = await exportsOf(manifest(), { looks: [['empty']] });
    expect((await read('orders')).records).toEqual([]);
    expect(requests()).toEqual(['POST /jobs', 'GET /jobs/1']);
  });

  test('a word that the mapping does not name says so at once', async () => {
    const { read, requests } = await exportsOf(manifest(), { looks: [['on holiday']] });
    await expect(read('orders')).rejects.toMatchObject({
      ...{ kind: 'config', code: 'unknown_job_status' },
      message: 'The API says "on holiday" of the job, which status_mapping does not name.',
    });
    expect(requests()).toHaveLength(2);
  });

  test('a job that can not be removed does not cost its records', async () => {
    const { read } = await exportsOf(
      manifest().replace('url: "SERVER/jobs/{{ creation_response.id }}"', 'url: SERVER/gone'),
      {
        more: { '/gone': { status: 403 } },
      },
    );
    expect((await read('orders')).records).toHaveLength(2);
  });

  test('a read that is cancelled stops its job', async () => {
    const stop = new AbortController();
    const { read, requests } = await exportsOf(manifest(), {
      more: {
        '/jobs/1': () => {
          stop.abort(new Error('enough'));
          return { body: { status: 'pending' } };
        },
      },
    });
    await expect(read('orders', { signal: stop.signal })).rejects.toThrow();
    expect(requests()).toContain('POST /jobs/1/stop');
  });
});

describe('downloads', () => {
  test('their addresses may have to be asked for, and several are read one after the other', async () => {
    const yaml = manifest(
      'download_target_requester: { type: HttpRequester, url: "SERVER/parts", request_parameters: { of: "{{ polling_response.status }}" } }',
    )
      .replace('field_path: [urls]', 'field_path: [parts, "*", name]')
      .replace('url: "{{ download_target }}"', 'url: "SERVER/files/{{ download_target }}"');
    const { read, asked } = await exportsOf(yaml, {
      looks: [['done']],
      more: { '/parts': { body: { parts: [{ name: 7 }, { name: 8 }] } } },
    });
    expect((await read('orders')).records.map(({ job }) => job)).toEqual([7, 7, 8, 8]);
    expect(asked('/parts')[0]?.target).toBe('/parts?of=done');
  });

  test('without addresses there is one, which the answers of the job may name', async () => {
    const yaml = manifest()
      .replace(/.*download_target_extractor.*\n/, '')
      .replace('"{{ download_target }}"', '"SERVER/files/{{ creation_response.id }}"');
    expect((await (await exportsOf(yaml)).read('orders')).records).toHaveLength(2);
  });

  test('CSV as pandas reads it, packed or not', async () => {
    const csv = 'id,name,note\n1,"a, b",NA\n2,null,\n3,\0c\n';
    const of = async (body: string | Uint8Array, more = '') => {
      const yaml = manifest(`download_extractor: { type: ResponseToFileExtractor${more} }`);
      return (await (await exportsOf(yaml, { more: { '/files/1': { body } } })).read('orders')).records;
    };
    const rows = [
      { id: '1', name: 'a, b', note: null },
      { id: '2', name: null, note: null },
      { id: '3', name: 'c', note: null },
    ];
    expect(await of(csv)).toEqual(rows);
    expect(await of(gzipSync(csv))).toEqual(rows);
    expect((await of(csv, ', preserve_na_values: true'))[0]).toEqual({ id: '1', name: 'a, b', note: 'NA' });
  });

  test('a packed one that was cut off fails, and says so', async () => {
    const body = gzipSync('id\n1\n2\n').subarray(0, -9);
    const yaml = manifest('download_extractor: { type: ResponseToFileExtractor }');
    const { read } = await exportsOf(yaml, { more: { '/files/1': { body } } });
    await expect(read('orders')).rejects.toMatchObject({ code: 'bad_response', kind: 'transient' });
  });

  test.each([
    ['download_extractor: { type: ResponseToFileExtractor }', (csv: string) => gzipSync(csv)],
    ['download_extractor: { type: ResponseToFileExtractor }', (csv: string) => csv],
    ['download_decoder: { type: CsvDecoder }', (csv: string) => csv],
  ])('a large one goes to a file, and its records come some thousand at a time (%s)', async (retriever, packed) => {
    const rows = Array.from(
      { length: 150_000 },
      (_, id) => `${id},"${'x'.repeat(70)} ${hash('md5', String(id)).repeat(2)}"`,
    );
    const body = packed(`id,text\n${rows.join('\n')}\n`);
    // In the folder that all share, other tests' downloads come and go.
    const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-downloads-of-test-'));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
    const { read } = await exportsOf(manifest(retriever), { more: { '/files/1': { body } } });
    const { records, events } = await read('orders');
    expect(records.map(({ id }) => id)).toEqual(rows.map((_, id) => String(id)));
    expect(events.filter(({ type }) => type === 'page').length).toBeGreaterThan(20);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a download may have pages, and its records are filtered and changed as others', async () => {
    const yaml = manifest(
      `download_paginator:
  type: DefaultPaginator
  page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: locator }
  pagination_strategy: { type: CursorPagination, cursor_value: "{{ headers['x-locator'] }}" }
download_decoder: { type: CsvDecoder }`,
      'transformations: [{ type: AddFields, fields: [{ path: [job], value: "{{ stream_slice.creation_response.id }}" }] }]',
    ).replace(
      'extractor: { field_path: [] }',
      'extractor: { field_path: [] }, record_filter: { condition: "{{ record.id != \'2\' }}" }',
    );
    const page: Answers = ({ query }) =>
      query.get('locator') ? { body: 'id\n3\n' } : { body: 'id\n1\n2\n', headers: { 'X-Locator': 'next' } };
    const { read } = await exportsOf(yaml, { more: { '/files/1': page } });
    expect((await read('orders')).records).toEqual([
      { id: '1', job: 1 },
      { id: '3', job: 1 },
    ]);
  });
});

test('what a manifest has wrong is said when it is read', async () => {
  await expect(exportsOf(manifest().replace('failed: [error]', 'failed: [done]'))).rejects.toThrow(
    'done stands for two statuses.',
  );
  await expect(
    exportsOf(
      manifest('download_target_requester: { type: HttpRequester, url: SERVER/x }').replace(
        /.*download_target_extractor.*\n/,
        '',
      ),
    ),
  ).rejects.toThrow('needs download_target_extractor');
});
