import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { ExactNumber, type JsonObject, type JsonValue, parseJson, stringifyJson } from '#lib/json.ts';
import { cleanJsonText, cleanText } from './clean-text.ts';
import { coercions } from './coerce.ts';
import { type ColumnType, columnTypeOf, typeOfValue, widen } from './column-type.ts';
import { columnName, MAX_NAME_BYTES, plainName, tableName } from './names.ts';
import { MAX_COLUMNS, shapeOfStream, type TableShape } from './table-shape.ts';
import { typePage } from './type-page.ts';

function streamOf(properties: JsonObject | null, more: Partial<ConfiguredStream> = {}): ConfiguredStream {
  return {
    stream: {
      name: 'things',
      jsonSchema: properties === null ? {} : { type: 'object', properties },
      supportedSyncModes: ['full_refresh'],
      sourceDefinedCursor: false,
      defaultCursorField: [],
      sourceDefinedPrimaryKey: [],
    },
    syncMode: 'full_refresh',
    destinationSyncMode: 'append',
    cursorField: [],
    primaryKey: [],
    ...more,
  };
}

const typesOf = (shape: TableShape) => Object.fromEntries(shape.columns.map((column) => [column.name, column.type]));

/** Types one page after another, as a stage does. */
function typeAll(stream: ConfiguredStream, ...pages: JsonObject[][]) {
  let shape = shapeOfStream(stream, []);
  const rows: Record<string, string | null>[] = [];
  const typed = pages.map((page) => {
    const result = typePage(shape, page, false);
    shape = result.shape;
    rows.push(
      ...result.rows.map((row) =>
        Object.fromEntries(shape.columns.map((column, i) => [column.name, row.values[i] ?? null])),
      ),
    );
    return result;
  });
  return { shape, rows, changes: typed.flatMap((page) => page.rows.flatMap((row) => row.changes)) };
}

describe('types of a schema', () => {
  const cases: [JsonValue, ColumnType | null][] = [
    [{ type: ['null', 'string'] }, 'string'],
    [{ type: 'string', format: 'date-time' }, 'timestamp_with_timezone'],
    [{ type: 'string', format: 'date-time', airbyte_type: 'timestamp_without_timezone' }, 'timestamp_without_timezone'],
    [{ type: 'string', format: 'email' }, 'string'],
    [{ type: ['integer', 'number'] }, 'number'],
    [{ type: ['integer', 'string', 'null'] }, 'string'],
    [{ type: ['object', 'array'] }, 'json'],
    [{ oneOf: [{ type: 'null' }, { type: 'boolean' }] }, 'boolean'],
    [{ anyOf: [{ type: 'integer' }, { type: 'object' }] }, 'json'],
    [{ properties: { a: {} } }, 'object'],
    [{}, null],
    [true, null],
  ];
  test.each(cases)('%j is %s', (schema, type) => expect(columnTypeOf(schema)).toBe(type));
});

describe('coercion', () => {
  const cases: [ColumnType, Exclude<JsonValue, null>, string | undefined][] = [
    ['integer', 12, '12'],
    ['integer', '12', '12'],
    ['integer', 1.5, undefined],
    ['integer', 2n ** 63n, undefined],
    ['integer', 2n ** 63n - 1n, '9223372036854775807'],
    [
      'number',
      new ExactNumber('0.1234567890123456789012345678901234567890'),
      '0.1234567890123456789012345678901234567890',
    ],
    ['number', new ExactNumber('1e400'), '1e400'],
    ['number', 'NaN', undefined],
    ['number', '1e999999', undefined],
    ['boolean', 'TRUE', 'true'],
    ['boolean', 'yes', undefined],
    ['boolean', 1, undefined],
    ['string', 2n ** 70n, '1180591620717411303424'],
    ['string', { a: [1n, 'x'] }, '{"a":[1,"x"]}'],
    ['object', [], undefined],
    ['array', {}, undefined],
    ['json', '\u0000', '"\\ufffd"'],
    ['date', '2024-02-29', '2024-02-29'],
    ['date', '2023-02-29', undefined],
    ['date', '0000-00-00', undefined],
    ['date', 1700000000, undefined],
    ['timestamp_with_timezone', '2024-01-01', '2024-01-01T00:00:00Z'],
    ['timestamp_with_timezone', '2024-01-01 10:00:00+0530', '2024-01-01T10:00:00+0530'],
    ['timestamp_with_timezone', '2024-01-01T23:59:59.9999999Z', '2024-01-01T23:59:59.999999Z'],
    ['timestamp_with_timezone', '2024-01-01T24:00:00Z', undefined],
    ['timestamp_with_timezone', '2016-12-31T23:59:60Z', undefined],
    ['timestamp_with_timezone', '9999-12-31T00:00:00Z', '9999-12-31T00:00:00Z'],
    ['timestamp_with_timezone', '10000-01-01T00:00:00Z', undefined],
    ['timestamp_without_timezone', '2024-01-01T10:00:00+02:00', '2024-01-01T10:00:00'],
    ['time_without_timezone', '10:00', '10:00:00'],
  ];
  for (const [type, value, text] of cases) {
    test(`${type} from ${stringifyJson(value)}`, () => expect(coercions[type](value)).toBe(text));
  }

  test('nesting beyond the limit is refused without a stack overflow', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(coercions.json(deep)).toBeUndefined();
  });

  test('numbers from JSON keep every digit, whatever they look like', () => {
    const digits = fc.stringMatching(/^-?[1-9]\d{0,60}(\.\d{0,40}[1-9])?$/);
    fc.assert(
      fc.property(digits, (text) => {
        const value = parseJson(text) as Exclude<JsonValue, null>;
        const coerced = coercions.number(value) ?? '';
        const plain = /[eE]/.test(coerced) ? BigInt(Number(coerced)).toString() : coerced;
        expect(plain).toBe(text);
      }),
    );
  });

  test('what is coerced for JSON columns parses to the same value, and holds nothing that Postgres refuses', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        if (value === null) return;
        const text = coercions.json(value as Exclude<JsonValue, null>);
        expect(JSON.parse(text ?? '')).toEqual(JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '\\ufffd')));
      }),
    );
    expect(cleanJsonText(JSON.stringify({ 'a\u0000': '\\u0000 \ud800 \\' }))).toBe(
      '{"a\\ufffd":"\\\\u0000 \\ufffd \\\\"}',
    );
  });

  test('text without anything to replace is the same string', () => {
    expect(cleanText('né 😀')).toBe('né 😀');
    expect(cleanText('a\u0000b\udc00')).toBe('a\ufffdb\ufffd');
  });
});

describe('widening', () => {
  const types = fc.constantFrom<ColumnType>(
    'boolean',
    'integer',
    'number',
    'string',
    'date',
    'timestamp_with_timezone',
    'object',
    'array',
    'json',
  );

  test('ends: what was widened twice takes both again', () => {
    fc.assert(
      fc.property(types, types, (a, b) => {
        const wide = widen(a, b);
        expect(widen(wide, a)).toBe(wide);
        expect(widen(wide, b)).toBe(wide);
      }),
    );
  });

  test('any values of any page find a place: nothing of an undeclared field is lost', () => {
    const value = fc.oneof(
      fc.boolean(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.bigInt(),
      fc.string(),
      fc.jsonValue(),
    );
    const pages = fc.array(fc.array(fc.record({ v: value }), { maxLength: 5 }), { maxLength: 4 });
    fc.assert(
      fc.property(pages, (some) => {
        const { changes, rows } = typeAll(streamOf(null), ...(some as JsonObject[][]));
        const given = some.flat().filter((record) => record.v !== null).length;
        expect(rows.filter((row) => row.v !== null && row.v !== undefined)).toHaveLength(given);
        expect(changes.filter((change) => change.change === 'NULLED')).toEqual([]);
      }),
    );
  });

  test('a column follows what arrives when no schema names it', () => {
    const { shape, rows } = typeAll(streamOf(null), [{ a: 1, b: 1, c: 1 }], [{ a: 1.5, b: '007', c: { x: 1 } }]);
    expect(typesOf(shape)).toEqual({ a: 'number', b: 'string', c: 'json' });
    expect(rows[1]).toEqual({ a: '1.5', b: '007', c: '{"x":1}' });
  });

  test('a declared column nulls what does not fit, and grows for larger numbers only', () => {
    const { shape, rows, changes } = typeAll(streamOf({ n: { type: 'integer' } }), [{ n: 'many' }, { n: 2n ** 64n }]);
    expect(typesOf(shape)).toEqual({ n: 'number' });
    expect(rows).toEqual([{ n: null }, { n: '18446744073709551616' }]);
    expect(changes).toEqual([{ field: 'n', change: 'NULLED', reason: 'DESTINATION_TYPECAST_ERROR' }]);
  });

  test('a string is never taken for a date', () => expect(typeOfValue('2024-01-01')).toBe('string'));
});

describe('the shape of a table', () => {
  test('selected fields only, with key and cursor', () => {
    const stream = streamOf(null, { selectedFields: ['a'], primaryKey: [['id']], cursorField: ['at'] });
    const { shape } = typeAll(stream, [{ id: 1, at: 'x', a: 1, b: 2 }]);
    expect(Object.keys(typesOf(shape))).toEqual(['id', 'at', 'a']);
  });

  test('more fields than columns go into one JSON column', () => {
    const wide = Object.fromEntries(Array.from({ length: MAX_COLUMNS + 50 }, (_, i) => [`f${i}`, i]));
    const { shape, rows } = typeAll(streamOf(null), [wide], [{ another: true }]);
    expect(shape.columns).toHaveLength(MAX_COLUMNS + 1);
    expect(Object.keys(JSON.parse(rows[0]?._airbyte_additional_properties ?? ''))).toHaveLength(50);
    expect(rows[1]?._airbyte_additional_properties).toBe('{"another":true}');
  });

  test('one of those that nests too deep goes alone, and is noted; so is one that is replaced in part', () => {
    const wide = Object.fromEntries(Array.from({ length: MAX_COLUMNS }, (_, i) => [`f${i}`, i]));
    const deep = JSON.parse(`${'['.repeat(1_200)}${']'.repeat(1_200)}`);
    const { rows, changes } = typeAll(streamOf(null), [wide], [{ deep, fits: 1, half: 'a\ud800' }]);
    expect(rows[1]?._airbyte_additional_properties).toBe('{"fits":1,"half":"a\\ufffd"}');
    expect(changes).toEqual([
      { field: 'deep', change: 'NULLED', reason: 'DESTINATION_FIELD_SIZE_LIMITATION' },
      { field: 'half', change: 'TRUNCATED', reason: 'DESTINATION_SERIALIZATION_ERROR' },
    ]);
  });

  test('what no database holds is noted inside of objects and lists too; what only looks so is not', () => {
    const truncated = (field: string) => ({ field, change: 'TRUNCATED', reason: 'DESTINATION_SERIALIZATION_ERROR' });
    const schema = {
      o: { type: 'object' },
      l: { type: 'array' },
      t: { type: 'string' },
      j: { type: ['object', 'array'] },
    };
    const odd = { o: { a: { 'b\u0000': 1 } }, l: ['\ud800'], t: { a: 'b\u0000' }, j: '\u0000' };
    expect(typeAll(streamOf(schema), [odd]).changes).toEqual(['o', 'l', 't', 'j'].map(truncated));
    const fine = { o: { a: '\\ufffd' }, l: ['\ufffd', '\\\\ufffd'], t: '\ufffd', j: '\\u0000' };
    expect(typeAll(streamOf(schema), [fine]).changes).toEqual([]);
  });

  test('__proto__ is a field like any other', () => {
    const { rows } = typeAll(streamOf(null), [JSON.parse('{"__proto__": "p", "constructor": "c"}')]);
    expect(Object.entries(rows[0] ?? {})).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
  });

  test('a nested key is refused, and a dedup mode without a key', () => {
    expect(() => shapeOfStream(streamOf({}, { primaryKey: [['a', 'b']] }), [])).toThrow(/a\.b/);
    expect(() => shapeOfStream(streamOf({}, { destinationSyncMode: 'append_dedup' }), [])).toThrow(/no primary key/);
  });

  test('rows without their key are refused with the field', () => {
    const shape = shapeOfStream(streamOf({ id: { type: 'integer' } }, { primaryKey: [['id']] }), []);
    const { rows, refusals } = typePage(shape, [{ id: 1 }, { id: null }, {}, { id: 'x' }], true);
    expect(rows).toHaveLength(1);
    expect(refusals.map(({ row, code }) => [row, code])).toEqual([
      [2, 'key_null'],
      [3, 'key_null'],
      [4, 'key_null'],
    ]);
  });
});

describe('names', () => {
  test('are written as Airbyte writes them', () => {
    expect(plainName('Crème brûlée (kg)')).toBe('Creme_brulee__kg_');
    expect(plainName('客户')).toBe('客户');
    expect(plainName('')).toBe('_');
    expect(plainName('"; drop table x; --')).toBe('___drop_table_x____');
  });

  test('fit, are told apart in any case, and never take a name of the system', () => {
    const names = fc.uniqueArray(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          'id',
          'ID',
          'Id',
          'xmin',
          '_airbyte_raw_id',
          'é',
          'e\u0301',
          'x'.repeat(80),
          `${'x'.repeat(79)}y`,
        ),
      ),
    );
    fc.assert(
      fc.property(names, (fields) => {
        const taken = new Set<string>();
        for (const field of fields) {
          const name = columnName(field, taken);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_NAME_BYTES);
          expect(name).toMatch(/^[\p{L}\p{N}_]+$/u);
          expect(taken.has(name.toLowerCase())).toBe(false);
          expect(name).not.toMatch(/^(?:xmin|_airbyte_raw_id)$/);
          taken.add(name.toLowerCase());
        }
      }),
    );
  });

  test('of tables: the first keeps its name, the second gets a hash', () => {
    expect(tableName('orders', new Set())).toBe('orders');
    expect(tableName('Orders', new Set(['orders']))).toMatch(/^Orders_[0-9a-f]{8}$/);
  });
});
