import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { streamsOver } from '../fixtures/answering-client.ts';

const manifest = (loader: string) => `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    $parameters: { name: orders }
    retriever:
      requester: { url: https://api.example.com/orders }
      record_selector: { extractor: { field_path: [data] } }
    schema_loader:
${loader.replaceAll(/^/gm, '      ')}
`;

const FIELDS = [
  { name: 'Id', type: 'number', format: 'whole' },
  { name: 'Name', type: 'text' },
  { name: 'Tags', type: 'multi' },
  { name: 'Due', type: 'either' },
];
const answer = (url: URL) => (url.pathname === '/fields' ? { fields: FIELDS } : { data: [{ Id: 1 }] });

const dynamic = (more = '', identifier = '') => `type: DynamicSchemaLoader
retriever:
  requester: { url: https://api.example.com/fields }
  record_selector: { extractor: { field_path: [] } }
schema_type_identifier:
  schema_pointer: [fields]
  key_pointer: [name]
  type_pointer: [type]
  types_mapping:
    - { current_type: number, target_type: integer, condition: "{{ raw_schema.format == 'whole' }}" }
    - { current_type: text, target_type: string }
    - { current_type: multi, target_type: { type: ComplexFieldType, field_type: array, items: string } }
    - { current_type: either, target_type: [date, timestamp_with_timezone] }
${identifier}
${more}`;

const schemaOf = async (loader: string, fields: unknown = undefined) => {
  const api = (url: URL) => (url.pathname === '/fields' && fields !== undefined ? fields : answer(url));
  const source = streamsOver(api, manifest(loader));
  const [stream] = await source.discover();
  return { schema: stream?.jsonSchema, asked: source.client.asked };
};

describe('DynamicSchemaLoader', () => {
  test('makes the schema of what the API says', async () => {
    const { schema, asked } = await schemaOf(dynamic());
    expect(asked).toEqual(['/fields']);
    expect(schema).toEqual({
      $schema: 'https://json-schema.org/draft-07/schema#',
      type: 'object',
      additionalProperties: true,
      properties: {
        Id: { type: ['null', 'integer'] },
        Name: { type: ['null', 'string'] },
        Tags: { type: ['null', 'array'], items: { type: ['null', 'string'] } },
        Due: {
          oneOf: [
            { type: ['null', 'string'], format: 'date' },
            { type: ['null', 'string'], format: 'date-time' },
          ],
        },
      },
    });
  });

  test('filters and changes the properties', async () => {
    const { schema } = await schemaOf(
      dynamic(`schema_filter: { condition: "{{ 'Id' in record or 'Name' in record }}" }
schema_transformations:
  - { type: KeysToLower }
  - { type: AddFields, fields: [{ path: [extra], value: "{{ {'type': 'boolean'} }}" }] }`),
    );
    expect(schema?.properties).toEqual({
      id: { type: ['null', 'integer'] },
      name: { type: ['null', 'string'] },
      extra: { type: 'boolean' },
    });
  });

  test('without a type pointer all are texts; without an answer there are none', async () => {
    const untyped = dynamic().replace(/ {2}type_pointer.*\n/, '');
    expect((await schemaOf(untyped)).schema?.properties).toMatchObject({ Tags: { type: ['null', 'string'] } });
    expect((await schemaOf(dynamic(), [])).schema?.properties).toEqual({});
  });

  test('a type that it does not know is told with those that it could be', async () => {
    await expect(schemaOf(dynamic(), { fields: [{ name: 'a', type: 'blob' }] })).rejects.toMatchObject({
      code: 'unknown_type',
      message: '"blob" is no type of a schema.',
      hint: expect.stringContaining('types_mapping'),
      where: { stream: 'orders' },
    });
    await expect(schemaOf(dynamic(), { fields: [{ id: 1 }] })).rejects.toMatchObject({ code: 'bad_key_pointer' });
  });

  test('is not asked for when the records are not cast to it', async () => {
    const source = streamsOver(answer, manifest(dynamic()));
    expect((await source.read('orders')).records).toEqual([{ Id: 1 }]);
    expect(source.client.asked).toEqual(['/orders']);
  });
});

describe('JsonFileSchemaLoader', () => {
  const folder = () => {
    const root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'weir-schemas-')));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    mkdirSync(path.join(root, 'allowed/schemas'), { recursive: true });
    writeFileSync(path.join(root, 'allowed/schemas/orders.json'), '{"type":"object","properties":{"id":{}}}');
    writeFileSync(path.join(root, 'secret.json'), '{"properties":{"no":{}}}');
    return path.join(root, 'allowed');
  };
  const read = async (file: string, roots: readonly string[]) => {
    const source = streamsOver(answer, manifest(`type: JsonFileSchemaLoader\n${file}`), { fileRoots: roots });
    return (await source.discover())[0]?.jsonSchema;
  };

  test('reads the file of a folder that the operator allows', async () => {
    const schema = { type: 'object', properties: { id: {} } };
    const root = folder();
    expect(await read(`file_path: "./schemas/{{ parameters['name'] }}.json"`, [root])).toEqual(schema);
    expect(await read('', [root])).toEqual(schema);
  });

  test('knows nothing of the records where there is no file, or none that it may read', async () => {
    const root = folder();
    expect(await read('file_path: ./source_shop/schemas/orders.json', [root])).toEqual({});
    expect(await read('file_path: ../secret.json', [root])).toEqual({});
    expect(await read('file_path: ./schemas/orders.json', [])).toEqual({});
  });
});

test('several loaders make one schema: what the first says of a field counts', async () => {
  const inline = (properties: string) =>
    `{ type: InlineSchemaLoader, schema: { type: object, properties: ${properties} } }`;
  const loaders = `- ${inline('{ id: { type: integer } }')}\n- ${inline('{ id: { type: string }, name: { type: string } }')}`;
  expect((await schemaOf(loaders)).schema).toEqual({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: ['null', 'object'],
    properties: { id: { type: 'integer' }, name: { type: 'string' } },
  });
});
