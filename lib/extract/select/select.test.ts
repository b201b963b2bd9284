import { describe, expect, test } from 'vitest';
import { streamsOver } from '../fixtures/answering-client.ts';

/** The records that a selector makes of a body. */
async function selected(selector: string, body: unknown) {
  const yaml = `
version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    retriever:
      requester: { url: "https://api.test/orders" }
      record_selector: ${selector}
`;
  return streamsOver(() => body, yaml).read('orders');
}

describe('RecordExpander', () => {
  const expand = (more: string) =>
    `{ extractor: { field_path: [data], record_expander: { expand_records_from_field: [lines, data]${more} } } }`;
  const data = [{ id: 1, lines: { data: [{ n: 1 }, { n: 2 }] } }, { id: 2, lines: { data: [] } }, { id: 3 }];

  test('each item of a list is a record; a record without items is left out, or stays', async () => {
    expect((await selected(expand(''), { data })).records).toEqual([{ n: 1 }, { n: 2 }]);
    expect((await selected(expand(', on_no_records: emit_parent'), { data })).records).toEqual([
      ...[{ n: 1 }, { n: 2 }, data[1], data[2]],
    ]);
  });

  test('the record that it comes from may stay with it', async () => {
    const [first] = (await selected(expand(', remain_original_record: true'), { data })).records;
    expect(first).toEqual({ n: 1, original_record: data[0] });
    const plain = { data: [{ lines: { data: ['x'] } }] };
    expect((await selected(expand(', remain_original_record: true'), plain)).records).toEqual([
      { value: 'x', original_record: plain.data[0] },
    ]);
  });

  test('a star opens several lists', async () => {
    const stars = '{ extractor: { field_path: [], record_expander: { expand_records_from_field: [s, "*", i] } } }';
    expect((await selected(stars, { s: [{ i: [{ n: 1 }] }, { i: [{ n: 2 }] }, {}] })).records).toEqual([
      { n: 1 },
      { n: 2 },
    ]);
  });
});

describe('JsonataFilter', () => {
  const filter = (expression: string) =>
    `{ extractor: { field_path: [data] }, record_filter: { type: JsonataFilter, expression: '${expression}' } }`;
  const data = [{ id: 1, total: 5, tags: ['a'] }, { id: 2, total: 0, tags: [] }, { id: 3 }];

  test.each([
    ['total > 1', [1]],
    ['tags', [1]],
    ['$exists(total)', [1, 2]],
    ['$not(total = 0) and id < 3', [1]],
  ])('%s', async (expression, ids) => {
    const { records, all } = await selected(filter(expression), { data });
    expect(records.map(({ id }) => id)).toEqual(ids);
    expect(all[0]).toMatchObject({ read: 3, filtered: 3 - ids.length });
  });

  test('an expression that is none is refused when the manifest is read', async () => {
    await expect(selected(filter('total >'), { data })).rejects.toThrow(/line|character|\d+:/);
  });
});
