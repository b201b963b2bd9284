import { expect, test } from 'vitest';
import { language } from '#lib/extract/kinds.ts';
import { createLog } from '#lib/log.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { createManifestSource } from '../manifest-source.ts';
import { FAULTS, type Fault, misbehaving } from './misbehaving.ts';
import { recordedApi } from './recorded-api.ts';
import { readStream } from './run-test.ts';

const { manifest } = parseManifest(
  `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester: { url: "https://x.example/orders" }
      paginator:
        type: DefaultPaginator
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
        pagination_strategy: { type: PageIncrement, page_size: 2, start_from_page: 1 }
      record_selector: { extractor: { field_path: [] } }
`,
  language,
);

const PAGES = [[{ id: 1 }, { id: 2 }], [{ id: 3 }, { id: 4 }], [{ id: 5 }]].map((body, index) => ({
  request: { url: `https://x.example/orders${index === 0 ? '' : `?page=${index + 1}`}` },
  response: { body },
}));

async function read(...faults: Fault[]) {
  if (!manifest) throw new Error('the manifest is not valid');
  const [said, slept]: [string[], number[]] = [[], []];
  const sleep = async (ms: number) => void slept.push(ms);
  // What broke off is asked for again.
  const api = recordedApi([...PAGES, ...PAGES]);
  const context = {
    ...{ http: misbehaving(api.http, faults, { sleep, say: (message) => said.push(message) }), sleep },
    ...{
      log: createLog('test', 'silent'),
      clock: () => new Date(0),
      signal: new AbortController().signal,
      eager: false,
    },
  };
  const { records, failure } = await readStream(createManifestSource(manifest), context, { stream: 'orders' });
  return { ids: records.map(({ id }) => id), failure, said, slept };
}

test('without faults nothing changes', async () => {
  expect(await read()).toMatchObject({ ids: [1, 2, 3, 4, 5], failure: null, said: [] });
});

test.each(['rate_limit', 'server_errors', 'slow', 'cut'] as const)('%s is survived, and said', async (fault) => {
  const { ids, failure, said, slept } = await read(fault);
  expect({ ids, failure }).toEqual({ ids: [1, 2, 3, 4, 5], failure: null });
  expect(said).toHaveLength(fault === 'server_errors' ? 2 : 1);
  expect(said[0]).toMatch(/^Made by this test: .+ \(GET \/orders\)$/);
  expect(slept.length).toBeGreaterThan(0);
});

test('an expired token fails the read where nothing renews it', async () => {
  expect(await read('expired_token')).toMatchObject({ ids: [], failure: { code: 'http_401' } });
});

test('a repeated page shows as repeated records', async () => {
  const { ids } = await read('repeat');
  expect(ids.slice(0, 4)).toEqual([1, 2, 1, 2]);
});

test('all at once are met one after the other', async () => {
  const { said } = await read(...FAULTS.filter((fault) => fault !== 'expired_token'));
  expect(said.map((line) => line.split(' (')[0])).toEqual([
    'Made by this test: 429 with Retry-After: 1',
    'Made by this test: 500',
    'Made by this test: 500',
    'Made by this test: an answer after 3 s',
    'Made by this test: an answer that breaks off half way',
    'Made by this test: the answer before once more',
  ]);
});
