import { describe, expect, test } from 'vitest';
import { language } from '#lib/extract/kinds.ts';
import type { JsonObject } from '#lib/json.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { parseOpenApi } from './from-openapi.ts';
import { writeManifest } from './write-manifest.ts';

const SHOP = `
openapi: 3.1.0
info: { title: Shop }
servers: [{ url: "https://{region}.shop.example/v1", variables: { region: { default: eu, enum: [eu, us] } } }]
security: [{ token: [] }]
paths:
  /users:
    get:
      summary: All users
      parameters:
        - { $ref: "#/components/parameters/Page" }
        - { name: per_page, in: query, schema: { type: integer, default: 20, maximum: 50 } }
        - { name: updated_since, in: query, schema: { type: string } }
      responses:
        "200": { content: { application/json: { schema: { $ref: "#/components/schemas/UserList" } } } }
  /users/{userId}/orders:
    parameters: [{ name: userId, in: path, required: true }]
    get:
      parameters: [{ name: kind, in: query, required: true, schema: { default: all } }]
      responses: { "200": { content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Order" } } } } } }
  /me:
    get: { responses: { "200": { content: { application/json: { schema: { $ref: "#/components/schemas/User" } } } } } }
    post: { responses: { "201": { description: made } } }
components:
  securitySchemes: { token: { type: http, scheme: bearer } }
  parameters: { Page: { name: page, in: query, schema: { type: integer } } }
  schemas:
    UserList: { type: object, properties: { data: { type: array, items: { $ref: "#/components/schemas/User" } }, total: { type: integer } } }
    User:
      allOf:
        - { type: object, properties: { id: { type: integer } } }
        - { properties: { name: { type: string }, updated_at: { type: string, format: date-time }, friend: { $ref: "#/components/schemas/User" } } }
    Order: { type: object, properties: { id: { type: string }, total: { type: number, example: 3.5 } } }
`;

const streamsOf = (picked: string[], text = SHOP) => {
  const result = writeManifest(parseOpenApi(text).draft(picked));
  const { manifest, issues } = parseManifest(result.manifest, language);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  return { ...result, spec: manifest?.spec, streams: manifest?.streams.map(({ component }) => component) ?? [] };
};

test('operations that read are listed, with whether they give a list', () => {
  expect(parseOpenApi(SHOP).operations).toEqual([
    { id: 'GET /users', name: 'users', summary: 'All users', isList: true },
    { id: 'GET /users/{userId}/orders', name: 'orders', summary: '', isList: true },
    { id: 'GET /me', name: 'me', summary: '', isList: false },
  ]);
});

test('what is picked becomes streams: pages, key, cursor, schema, authentication, the server’s variables', () => {
  const { streams, spec, findings } = streamsOf(['GET /users']);
  const [users] = streams as JsonObject[];
  expect(users).toMatchObject({
    primary_key: ['id'],
    incremental_sync: { cursor_field: 'updated_at', start_time_option: { field_name: 'updated_since' } },
    retriever: {
      requester: {
        url_base: "https://{{ config['region'] }}.shop.example/v1",
        authenticator: { type: 'BearerAuthenticator' },
      },
      paginator: {
        page_token_option: { field_name: 'page' },
        page_size_option: { field_name: 'per_page' },
        pagination_strategy: { type: 'PageIncrement', page_size: 50 },
      },
      record_selector: { extractor: { field_path: ['data'] } },
    },
  });
  expect(users?.schema_loader).toMatchObject({
    schema: {
      properties: {
        id: { type: ['integer', 'null'] },
        name: { type: ['string', 'null'] },
        updated_at: { format: 'date-time' },
      },
    },
  });
  expect(spec?.connectionSpecification.properties).toMatchObject({ region: { default: 'eu', enum: ['eu', 'us'] } });
  expect(findings.find(({ part }) => part === 'authentication')?.evidence).toContain('token');
});

test('a path below a list that is picked too is read for each of its records', () => {
  const [, orders] = streamsOf(['GET /users', 'GET /users/{userId}/orders']).streams as JsonObject[];
  expect(orders?.retriever).toMatchObject({
    requester: { path: "/users/{{ stream_partition['users_id'] }}/orders", request_parameters: { kind: 'all' } },
    partition_router: { parent_stream_configs: [{ parent_key: 'id', partition_field: 'users_id' }] },
  });
});

test('alone, its parameter becomes a setting', () => {
  const { streams, spec } = streamsOf(['GET /users/{userId}/orders']);
  expect((streams as JsonObject[])[0]?.retriever).toMatchObject({
    requester: { path: "/users/{{ config['userId'] }}/orders" },
  });
  expect(spec?.connectionSpecification.required).toEqual(['api_token', 'userId']);
});

describe('security', () => {
  test.each([
    ['{ type: http, scheme: basic }', 'BasicHttpAuthenticator'],
    ['{ type: apiKey, in: header, name: X-Key }', 'ApiKeyAuthenticator'],
    ['{ type: apiKey, in: query, name: key }', 'ApiKeyAuthenticator'],
    ['{ type: oauth2, flows: { clientCredentials: { tokenUrl: "https://x.example/token" } } }', 'OAuthAuthenticator'],
    ['{ type: oauth2, flows: { authorizationCode: { tokenUrl: "https://x.example/token" } } }', 'BearerAuthenticator'],
  ])('%s is a %s', (scheme, type) => {
    const { findings } = streamsOf(['GET /users'], SHOP.replace('{ type: http, scheme: bearer }', scheme));
    expect(findings.find(({ part }) => part === 'authentication')?.says).toBe(type);
  });
});

test('a document without servers asks for the address', () => {
  const { spec } = streamsOf(['GET /users'], SHOP.replace(/servers:.*/, ''));
  expect(spec?.connectionSpecification.required).toContain('base_url');
});

test.each([
  ['not: openapi', /openapi: 3/],
  ['swagger: "2.0"', /Swagger 2/],
  ['{"a": [', /neither JSON nor YAML/],
  ['- list', /no object/],
])('%s says what is wrong', (text, message) => {
  expect(() => parseOpenApi(text)).toThrow(message);
});

test('schemas that refer to each other in circles end', () => {
  const wide = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`f${index}`, { $ref: '#/components/schemas/A' }]),
  );
  const text = JSON.stringify({
    openapi: '3.0.0',
    paths: {
      '/a': {
        get: {
          responses: {
            200: {
              content: { 'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/A' } } } },
            },
          },
        },
      },
    },
    components: { schemas: { A: { type: 'object', properties: wide } } },
  });
  expect(parseOpenApi(text).draft(['GET /a']).streams).toHaveLength(1);
});
