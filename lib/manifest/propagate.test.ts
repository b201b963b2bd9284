import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { kinds } from '#lib/extract/kinds.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { propagate } from './propagate.ts';
import { Origins } from './resolve-references.ts';

const byName = new Map(kinds.map((kind) => [kind.name, kind]));
const propagated = (yaml: string) => propagate(parse(yaml) as JsonObject, byName, new Origins());

/** Without the parameters, which stay readable everywhere. */
function fields(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(fields);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === '$parameters' ? [] : [[key, fields(item)]])),
  );
}

describe('$parameters', () => {
  test('become fields of the component and of every one below', () => {
    expect(
      fields(
        propagated(`
type: DeclarativeStream
retriever: { requester: { url_base: x } }
$parameters: { name: orders, path: /orders }`),
      ),
    ).toEqual({
      type: 'DeclarativeStream',
      name: 'orders',
      path: '/orders',
      retriever: {
        ...{ type: 'SimpleRetriever', name: 'orders', path: '/orders' },
        requester: { type: 'HttpRequester', url_base: 'x', name: 'orders', path: '/orders' },
      },
    });
  });

  test("a component's own value wins, unless it is empty", () => {
    expect(
      fields(
        propagated(
          'type: X\na: 1\nb: ""\nc: 0\nd: []\ne: {}\nf: false\n$parameters: { a: 9, b: 9, c: 9, d: 9, e: 9, f: 9 }',
        ),
      ),
    ).toEqual({ type: 'X', a: 1, b: 9, c: 9, d: 9, e: 9, f: 9 });
  });

  test('of the inner component beat those of the outer one', () => {
    const { below } = propagated(`
type: X
$parameters: { a: outer, b: outer }
below: { type: Y, $parameters: { a: inner } }`);
    expect(below).toEqual({
      ...{ type: 'Y', a: 'inner', b: 'outer' },
      $parameters: { a: 'inner', b: 'outer' },
    });
  });

  test('do not go below into the field that has their name', () => {
    expect(fields(propagated('type: X\nname: { type: Y }\nother: { type: Z }\n$parameters: { name: n }'))).toEqual({
      type: 'X',
      name: { type: 'Y' },
      other: { type: 'Z', name: 'n' },
    });
  });

  test('reach lists of components, and what stands right below what is no component', () => {
    expect(
      fields(
        propagated(`
type: X
list: [{ type: Y }]
plain: { below: { type: Z }, list: [{ type: Z }], deep: { deeper: { type: Z } } }
$parameters: { a: 1 }`),
      ),
    ).toEqual({
      ...{ type: 'X', a: 1, list: [{ type: 'Y', a: 1 }] },
      plain: { below: { type: 'Z', a: 1 }, list: [{ type: 'Z' }], deep: { deeper: { type: 'Z' } } },
    });
  });

  test('leave JSON schemas alone', () => {
    const schema = { type: 'object', properties: { name: { type: ['null', 'string'] } } };
    const { schema_loader: loader } = propagated(`
type: DeclarativeStream
schema_loader: { type: InlineSchemaLoader, schema: ${JSON.stringify(schema)} }
$parameters: { name: orders }`);
    expect((loader as JsonObject).schema).toEqual(schema);
  });

  test('reach a schema that begins with a list, as in the CDK', () => {
    const { schema_loader: loader } = propagated(`
type: DeclarativeStream
schema_loader: { type: InlineSchemaLoader, schema: { type: array, items: { type: object } } }
$parameters: { path: /orders }`);
    expect(fields((loader as JsonObject).schema as JsonObject)).toEqual({
      ...{ type: 'array', path: '/orders' },
      items: { type: 'object' },
    });
  });

  test('may be components: they get their types and the plain parameters too', () => {
    const made = propagated(`
type: DeclarativeStream
retriever: { requester: { url: x } }
$parameters:
  name: orders
  paginator: { type: DefaultPaginator, page_size_option: { field_name: n } }`);
    expect(fields((made.retriever as JsonObject).paginator as JsonObject)).toEqual({
      ...{ type: 'DefaultPaginator', name: 'orders' },
      page_size_option: { type: 'RequestOption', field_name: 'n', name: 'orders' },
    });
  });

  test('that are components in great number do not multiply', () => {
    const parameters = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`p${i}`, { type: 'X' }]));
    expect(Object.keys(propagated(JSON.stringify({ type: 'X', $parameters: parameters })))).toHaveLength(32);
  });
});

describe('types', () => {
  test('that a place implies are filled in, and given ones kept', () => {
    expect(
      propagated(
        'type: SimpleRetriever\nrequester: {}\nrecord_selector: { type: Other }\npaginator: { class_name: a.B }',
      ),
    ).toEqual({
      type: 'SimpleRetriever',
      requester: { type: 'HttpRequester' },
      record_selector: { type: 'Other' },
      paginator: { type: 'CustomComponent', class_name: 'a.B' },
    });
  });
});
