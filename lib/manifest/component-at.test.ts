import { expect, test } from 'vitest';
import { componentAt } from './component-at.ts';

const MANIFEST = `type: DeclarativeSource
definitions:
  base: { type: HttpRequester, url_base: "https://a.example", http_method: GET }
streams:
  - type: DeclarativeStream
    $parameters: { name: orders, path: /orders }
    retriever:
      type: SimpleRetriever
      requester:
        $ref: "#/definitions/base"
        http_method: POST
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: {} }
`;
const at = (words: string) => componentAt(MANIFEST, MANIFEST.indexOf(words) + 1);

test('the innermost component around the place, with its path', () => {
  expect(at('field_path')).toMatchObject({
    type: 'DpathExtractor',
    path: ['streams', 0, 'retriever', 'record_selector', 'extractor'],
    fields: [
      { name: 'field_path', scalar: null, yaml: '[ data ]' },
      { origin: '$parameters' },
      { origin: '$parameters' },
    ],
  });
  expect(at('version')?.type ?? at('type: DeclarativeSource')?.type).toBe('DeclarativeSource');
});

test('what a reference brings says so, and a field of its own wins', () => {
  const found = at('http_method: POST');
  expect(found?.type).toBe('HttpRequester');
  expect(found?.fields.map(({ name, scalar, origin }) => [name, scalar, origin])).toEqual([
    ['http_method', 'POST', null],
    ['url_base', 'https://a.example', '#/definitions/base'],
    ['name', 'orders', '$parameters'],
    ['path', '/orders', '$parameters'],
  ]);
});

test('a JSON schema is no component: the one around it is', () => {
  expect(at('properties')?.type).toBe('InlineSchemaLoader');
});

test('a text with errors has none, nor has an empty one', () => {
  expect(componentAt('a: [', 1)).toBeNull();
  expect(componentAt('', 0)).toBeNull();
});

test('references in a circle end', () => {
  expect(componentAt('a: { $ref: "#/b" }\nb: { $ref: "#/a" }\n', 8)).toBeNull();
});
