import { expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { testApi } from '#tests/harness/api.ts';
import { ownRoutes } from '../api.ts';

const DOCUMENTS = ['/api/weir/v1/openapi.json', '/api/v1/openapi.json', '/api/public/v1/openapi.json'];

type Paths = Record<string, Record<string, JsonObject>>;

test('each API serves a document of every route, with what it takes', async () => {
  const { client } = await testApi();
  for (const url of DOCUMENTS) {
    const { status, body } = await client().get<{ openapi: string; paths: Paths }>(url);
    expect([url, status, body.openapi]).toEqual([url, 200, '3.1.0']);
    const operations = Object.values(body.paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations.filter(({ summary }) => !summary || String(summary).startsWith('GET '))).toEqual([]);
  }
});

test('our own document has every route, each with its role', async () => {
  const { client } = await testApi();
  const { body } = await client().get<{ paths: Paths }>('/api/weir/v1/openapi.json');
  const listed = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  const routes = [...new Set(ownRoutes().routes.map(({ method, path }) => `${method} ${path}`))];
  expect(listed.toSorted()).toEqual(routes.toSorted());
  expect(body.paths['/sources']?.post).toMatchObject({
    description: 'Needs the role editor.',
    requestBody: { content: { 'application/json': { schema: { required: ['name', 'connectorId', 'config'] } } } },
  });
});

test('the page of all routes needs no script and nothing from elsewhere', async () => {
  const { client } = await testApi();
  const { headers, body } = await client().get<string>('/api/weir/v1/docs');
  expect(headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; frame-ancestors 'none'$/,
  );
  expect(body).toContain('<code>POST /connections/{id}/sync</code>');
  expect(body).not.toMatch(/<script|https?:\/\//);
});
