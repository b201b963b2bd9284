import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import { createLog } from '#lib/log.ts';
import { type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import type { Drafted } from './draft.ts';
import { type DraftRequest, type DraftResult, makeDraft } from './make-draft.ts';

let api: ScriptedServer;
const http = createHttpClient({
  guard: createGuard({ allowed: 'any' }),
  clock: () => new Date(),
  log: createLog('test', 'silent'),
});

const rows = (page: number) => Array.from({ length: 5 }, (_, index) => ({ id: page * 100 + index, name: `n${index}` }));

beforeAll(async () => {
  api = await scriptedServer({
    '/items': ({ query }) => ({ body: { data: rows(Number(query.get('page') ?? 1)), page: 1, per_page: 5 } }),
    '/tokens': ({ query }) => ({
      body: { data: rows(query.get('cursor') === 'second' ? 2 : 1), paging: { next_cursor: 'second' } },
    }),
    '/stuck': () => ({ body: { data: rows(1), page: 1 } }),
    '/secret': ({ headers }) =>
      headers.authorization === 'Bearer tok-1'
        ? { body: rows(1) }
        : { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: { error: 'no' } },
    '/': () => ({
      body: { items_url: `${api.url}/items`, docs: `${api.url}/docs.html`, _links: { stuck: { href: '/stuck' } } },
    }),
    '/none': () => ({ status: 404, body: { error: { message: 'The endpoints are items and stuck.' } } }),
    '/page': () => ({ headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>Welcome</p>' }),
    '/empty': () => ({ body: { data: [], total: 0 } }),
    '/text': () => ({ headers: { 'content-type': 'text/csv' }, body: 'a,b\n1,2\n' }),
    '/openapi.yaml': () => ({
      headers: { 'content-type': 'application/yaml' },
      body: 'openapi: 3.0.0\ninfo: { title: Shop }\npaths: { /items: { get: { responses: {} } } }\n',
    }),
  });
});
afterAll(async () => {
  await api.close();
  await http.close();
});

const draft = (request: DraftRequest) => makeDraft(http, request, new AbortController().signal);
const paging = (result: DraftResult) =>
  (result as Drafted).findings.find(({ part }) => part === 'pagination')?.evidence;

test('an address is called, and its second page too', async () => {
  const before = api.requests.length;
  const result = (await draft({ from: 'url', url: `${api.url}/items` })) as Drafted;
  expect(result.manifest).toContain('field_name: page');
  expect(paging(result)).toMatch(/The second page was asked for and had 5 other records\.$/);
  expect(api.requests.slice(before).map(({ query }) => query.get('page'))).toEqual([null, '2']);
});

test('a parameter that is guessed is tried', async () => {
  expect(paging(await draft({ from: 'url', url: `${api.url}/tokens` }))).toMatch(
    /goes out as `cursor` is a guess\. The second page was asked for and had 5 other records\.$/,
  );
});

test('a second page like the first is told', async () => {
  expect(paging(await draft({ from: 'url', url: `${api.url}/stuck` }))).toMatch(/repeated 5 of 5 records/);
});

test('a refusal says so in the API’s words and asks for a token; nothing is told of what was never seen', async () => {
  const refused = (await draft({ from: 'url', url: `${api.url}/secret` })) as Drafted;
  expect(refused.unread).toMatchObject({
    reason: 'refused',
    says: expect.stringMatching(/refused \(401\): it wants to know who asks\.$/),
    words: 'no',
  });
  expect(refused.findings.map(({ part }) => part)).toEqual(['authentication']);
  const wrong = (await draft({ from: 'url', url: `${api.url}/secret`, token: 'tok-2' })) as Drafted;
  expect(wrong.unread?.says).toMatch(/refused the token or key that was sent \(401\)/);
});

test('a token that fits is a value to test with, and stays out of the manifest', async () => {
  const read = (await draft({ from: 'url', url: `${api.url}/secret`, token: 'tok-1' })) as Drafted;
  expect(read).toMatchObject({ unread: null, lists: [], values: { api_token: 'tok-1' } });
  expect(read.manifest).not.toContain('tok-1');
});

test.each([
  ['/text', 'no_json', /text that is no JSON/, /file source/],
  ['/page', 'no_json', /a web page/, /this one is for people/],
  ['/none', 'failed', /nothing at this address \(404\)\.$/, /one of its lists/],
])('what came from %s is told, and nothing is said of pages, keys and cursors', async (path, reason, says, hint) => {
  const { unread, findings } = (await draft({ from: 'url', url: api.url + path })) as Drafted;
  expect(unread).toMatchObject({ reason, says: expect.stringMatching(says), hint: expect.stringMatching(hint) });
  expect(findings).toEqual([]);
});

test('an index names the lists below it', async () => {
  const { lists } = (await draft({ from: 'url', url: `${api.url}/` })) as Drafted;
  expect(lists).toEqual([
    { name: 'items', url: `${api.url}/items` },
    { name: 'stuck', url: `${api.url}/stuck` },
  ]);
});

test('a list that is empty proves no key and no cursor, and says why', async () => {
  const { findings } = (await draft({ from: 'url', url: `${api.url}/empty` })) as Drafted;
  expect(findings.map(({ part, says }) => `${part}: ${says}`)).toEqual([
    'records: data',
    'pagination: none',
    'primary key: none',
    'cursor: none',
  ]);
  expect(findings.at(-1)?.evidence).toMatch(/held no record/);
});

test('a curl command is run as it stands', async () => {
  const result = (await draft({
    from: 'curl',
    text: `curl ${api.url}/secret -H 'Authorization: Bearer tok-1'`,
  })) as Drafted;
  expect(result.manifest).toContain('name: secret');
  expect(result.values).toEqual({ api_token: 'tok-1' });
});

test('an OpenAPI document is fetched, listed, and drafted from', async () => {
  const url = `${api.url}/openapi.yaml`;
  expect(await draft({ from: 'openapi', url })).toMatchObject({ title: 'Shop', operations: [{ id: 'GET /items' }] });
  const result = (await draft({ from: 'openapi', url, picked: ['GET /items'] })) as Drafted;
  expect(result.manifest).toContain('name: items');
});

test('an address that is none says so', async () => {
  await expect(draft({ from: 'url', url: 'http://' })).rejects.toThrow(/no address/);
});
