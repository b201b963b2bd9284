import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { language } from '#lib/extract/kinds.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { weir } from './fixtures/run-cli.ts';

const draft = (...args: string[]) => weir('draft', ...args);

const SECRET = 'tok-orders-1';

async function shop() {
  const server = await scriptedServer(({ query }) => {
    const page = Number(query.get('page') ?? 1);
    return {
      body: {
        data: page > 2 ? [] : [1, 2, 3].map((row) => ({ id: page * 3 + row, at: '2026-01-01T00:00:00Z' })),
        page,
      },
    };
  });
  onTestFinished(() => server.close());
  return server;
}

test('an address becomes a valid manifest, with why each part is as it is above it', async () => {
  const server = await shop();
  const { stdout } = await draft(`${server.url}/orders`, '--token', SECRET);
  expect(stdout).toMatch(/^# .*authentication: /);
  expect(stdout).toMatch(/# orders, pagination: .*second page was asked for/);
  expect(stdout).not.toContain(SECRET);
  expect(parseManifest(stdout, language).issues).toEqual([]);
});

test('a cURL command and an OpenAPI document are told from an address', async () => {
  const server = await shop();
  const { stdout } = await draft(`curl '${server.url}/orders' -H 'Authorization: Bearer ${SECRET}'`);
  expect(stdout).toContain('BearerAuthenticator');
  const folder = mkdtempSync(path.join(tmpdir(), 'weir-draft-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'api.json');
  const schema = { type: 'array', items: { type: 'object', properties: { id: { type: 'integer' } } } };
  const responses = { 200: { content: { 'application/json': { schema } } } };
  const paths = { '/orders': { get: { responses } }, '/me': { get: { responses: {} } } };
  writeFileSync(
    file,
    JSON.stringify({ openapi: '3.1.0', info: { title: 'Shop' }, servers: [{ url: server.url }], paths }),
  );
  const drafted = await draft(file);
  expect(drafted.stderr).toContain('+ GET /orders');
  expect(parseManifest(drafted.stdout, language).manifest?.streams.map(({ name }) => name)).toEqual(['orders']);
});

test('what can’t be called is told with what to do', async () => {
  expect(await draft('curl')).toMatchObject({ code: 1 });
  expect(await draft()).toMatchObject({ code: 2, stderr: expect.stringMatching(/What to start from/) });
});
