import { expect, test } from 'vitest';
import { streamsInText } from './streams-in-text.ts';

const MANIFEST = `streams:
  - name: orders
    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: { id: {} } } }
  - $ref: "#/definitions/streams/users"
  - "#/definitions/streams/items"
  - { $ref: "#/definitions/base", name: own }
  - { $ref: "#/nowhere" }
definitions:
  base: { type: DeclarativeStream }
  streams:
    users: { $parameters: { name: users }, schema_loader: { schema: { $ref: "#/schemas/users" } } }
    items: { name: items }
`;

test('each stream where it is written, with the schema that stands in it', () => {
  expect(streamsInText(MANIFEST).map(({ name, path, schema }) => ({ name, path: path.join('/'), schema }))).toEqual([
    { name: 'orders', path: 'streams/0', schema: { type: 'object', properties: { id: {} } } },
    { name: 'users', path: 'definitions/streams/users', schema: null },
    { name: 'items', path: 'definitions/streams/items', schema: null },
    { name: 'own', path: 'streams/3', schema: null },
  ]);
  expect(MANIFEST.slice(streamsInText(MANIFEST)[0]?.offset)).toMatch(/^name: orders/);
});

test.each(['', 'streams: [', 'streams: 1', '- a'])('%j has none', (text) => {
  expect(streamsInText(text)).toEqual([]);
});
