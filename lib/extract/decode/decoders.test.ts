import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { manifestOf, scriptedSource } from '../fixtures/scripted-source.ts';

interface Reading {
  readonly path?: string;
  readonly paginator?: string;
}

/** What a stream reads of such a body with such a decoder. */
async function decoded(decoder: string, body: string | Uint8Array, { path = '[]' }: Reading = {}) {
  const manifest = manifestOf({ orders: '' })
    .replace('field_path: [data]', `field_path: ${path}`)
    .replace('record_selector:', `decoder: ${decoder}\n      record_selector:`);
  const { read } = await scriptedSource({ '/orders': { body } }, manifest);
  return (await read('orders')).records;
}

describe('JSON', () => {
  test('items of a list inside of a document', async () => {
    const body = JSON.stringify({ data: { users: [{ id: 1 }, { id: 2 }] }, more: [1] });
    expect(await decoded('{ type: JsonItemsDecoder, items_path: data.users }', body)).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await decoded('{ type: JsonItemsDecoder, items_path: data.others }', body)).toEqual([]);
    const groups = JSON.stringify({ groups: [{ users: [{ id: 1 }] }, { users: [{ id: 2 }] }] });
    expect(await decoded('{ type: JsonItemsDecoder, items_path: groups.item.users }', groups)).toHaveLength(2);
  });

  test('lines, with every digit kept, and the line that is none named', async () => {
    expect(await decoded('{ type: JsonlDecoder }', '{"id":12345678901234567890}\n\n{"id":2}\n')).toEqual([
      { id: 12345678901234567890n },
      { id: 2 },
    ]);
    await expect(decoded('{ type: JsonlDecoder }', '{"id":1}\n{"id":')).rejects.toMatchObject({
      code: 'bad_json',
      where: { row: 2, stream: 'orders' },
    });
  });

  test('text in the charset that the answer declares, and bytes that are not in theirs refused with their place', async () => {
    const body = Buffer.from('{"data": [{"name": "é"}]}', 'latin1');
    const manifest = manifestOf({ orders: '' });
    const headers = { 'content-type': 'application/json; charset=ISO-8859-1' };
    const { read } = await scriptedSource({ '/orders': { body, headers } }, manifest);
    expect((await read('orders')).records).toEqual([{ name: 'é' }]);
    const refusal = { code: 'bad_encoding', message: expect.stringContaining('from byte 20 on') };
    const undeclared = await scriptedSource({ '/orders': { body } }, manifest);
    await expect(undeclared.read('orders')).rejects.toMatchObject(refusal);
    const line = Buffer.from('{"a": 1}\n{"name": "é"}\n', 'latin1');
    await expect(decoded('{ type: JsonlDecoder }', line)).rejects.toMatchObject({ code: 'bad_encoding' });
    const marked = Buffer.from('\ufeff{"data": [{"name": "é"}]}', 'utf16le');
    const wide = await scriptedSource({ '/orders': { body: marked } }, manifest);
    expect((await wide.read('orders')).records).toEqual([{ name: 'é' }]);
  });

  test('lines that are no JSON at all', async () => {
    expect(await decoded('{ type: IterableDecoder }', 'a\r\n\nb\n')).toEqual([
      { record: 'a' },
      { record: '' },
      { record: 'b' },
    ]);
  });
});

describe('CSV', () => {
  test('quotes, line breaks in them, short and long rows, empty lines', async () => {
    const body = 'id,text,last\n1,"a ""b""\r\nc",x\r\n\n2,y\n3,z,,too much\n4,,\n""\n';
    expect(await decoded('{ type: CsvDecoder }', body)).toEqual([
      { id: '1', text: 'a "b"\nc', last: 'x' },
      { id: '2', text: 'y', last: null },
      { id: '3', text: 'z', last: '' },
      { id: '4', text: '', last: '' },
      { id: '', text: null, last: null },
    ]);
  });

  test('another delimiter and encoding, texts that stand for null', async () => {
    const tabs = Buffer.from('id\tname\n1\tM\u00fcller\n2\tNULL\n', 'latin1');
    const decoder = '{ type: CsvDecoder, delimiter: "\\\\t", encoding: latin-1, set_values_to_none: ["NULL"] }';
    expect(await decoded(decoder, tabs)).toEqual([
      { id: '1', name: 'Müller' },
      { id: '2', name: null },
    ]);
  });

  test('what is cut off in a quote fails, and an encoding that does not exist', async () => {
    await expect(decoded('{ type: CsvDecoder }', 'id\n"1')).rejects.toMatchObject({ code: 'bad_csv' });
    await expect(decoded('{ type: CsvDecoder, encoding: klingon }', 'id\n1')).rejects.toMatchObject({
      code: 'unknown_encoding',
    });
  });

  test('a byte order mark is no part of the first name', async () => {
    expect(await decoded('{ type: CsvDecoder }', '\ufeffid\n1')).toEqual([{ id: '1' }]);
  });
});

describe('packed bodies', () => {
  test('gzip around each of the others, and a body that is not packed after all', async () => {
    expect(await decoded('{ type: GzipDecoder, decoder: { type: CsvDecoder } }', gzipSync('id\n1\n'))).toEqual([
      { id: '1' },
    ]);
    expect(await decoded('{ type: GzipDecoder, decoder: { type: JsonDecoder } }', '[{"id":1}]')).toEqual([{ id: 1 }]);
  });

  test('a broken gzip says so', async () => {
    const broken = gzipSync('id\n1\n').subarray(0, 15);
    await expect(decoded('{ type: GzipDecoder, decoder: { type: CsvDecoder } }', broken)).rejects.toMatchObject({
      code: 'bad_gzip',
    });
  });

  test('every file of a zip', async () => {
    const archive = zip({ 'a.csv': 'id\n1\n', 'folder/': '', 'folder/b.csv': 'id\n2\n3\n' });
    expect(await decoded('{ type: ZipfileDecoder, decoder: { type: CsvDecoder } }', archive)).toEqual([
      { id: '1' },
      { id: '2' },
      { id: '3' },
    ]);
  });

  test('a file of a zip that is none names the file; no zip says so', async () => {
    const decoder = '{ type: ZipfileDecoder, decoder: { type: JsonlDecoder } }';
    await expect(decoded(decoder, zip({ 'x.jsonl': '{' }))).rejects.toMatchObject({ where: { file: 'x.jsonl' } });
    await expect(decoded(decoder, 'hello')).rejects.toMatchObject({ code: 'bad_zip' });
    await expect(decoded(decoder, zip({ 'x.jsonl': '{}' }).subarray(0, 40))).rejects.toMatchObject({ code: 'bad_zip' });
  });
});

describe('XML', () => {
  test('elements, attributes, text, repeated ones, prefixes and CDATA', async () => {
    const body = `<?xml version="1.0" encoding="utf-8"?>
      <!DOCTYPE shop>
      <s:shop xmlns:s="urn:shop"><!-- all -->
        <item id="1" kind='book'><name>A &amp; B &#228;&#xe4;</name><empty/><price cur="EUR"> 9.90 </price></item>
        <item id="2"><name><![CDATA[<b>]]></name></item>
      </s:shop>`;
    expect(await decoded('{ type: XmlDecoder }', body, { path: '["s:shop", item]' })).toEqual([
      { '@id': '1', '@kind': 'book', name: 'A & B ää', empty: null, price: { '@cur': 'EUR', '#text': '9.90' } },
      { '@id': '2', name: '<b>' },
    ]);
  });

  test.each([
    ['<a><b></a>', 'line 1: </a> closes nothing'],
    ['<a>\n<b>', 'line 2: <b> is never closed'],
    ['<a/><b/>', 'it has two roots'],
    ['hello', 'it has no element'],
    ['<a>&boom;</a>', 'an entity is not known'],
    ['<!DOCTYPE a [<!ENTITY boom "x">]><a>&boom;</a>', 'this is no tag'],
    ['<a x=1/>', 'this is no tag'],
    ['<a>'.repeat(300), 'deeper than 200'],
  ])('%s is none', async (body, why) => {
    await expect(decoded('{ type: XmlDecoder }', body)).rejects.toMatchObject({
      code: 'bad_xml',
      message: expect.stringContaining(why),
    });
  });

  test('pages follow what the document says', async () => {
    const manifest = manifestOf({ orders: '' })
      .replace('field_path: [data]', 'field_path: [page, order]')
      .replace(
        'record_selector:',
        'decoder: { type: XmlDecoder }\n      paginator: { type: DefaultPaginator, page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: after }, pagination_strategy: { type: CursorPagination, cursor_value: "{{ response.page.next }}", stop_condition: "{{ not response.page.next }}" } }\n      record_selector:',
      );
    const { read, asked } = await scriptedSource(
      {
        '/orders': [
          { body: '<page><order><id>1</id></order><next>abc</next></page>' },
          { body: '<page><order><id>2</id></order></page>' },
        ],
      },
      manifest,
    );
    expect((await read('orders')).records).toEqual([{ id: '1' }, { id: '2' }]);
    expect(asked('/orders').map(({ query }) => query.get('after'))).toEqual([null, 'abc']);
  });
});

/** A zip archive as others write it. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const packed = deflateRawSync(text);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(8, 8);
    head.writeUInt32LE(packed.length, 18);
    head.writeUInt32LE(text.length, 22);
    head.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(text.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    local.push(head, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    offset += head.length + name.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, listed, end]);
}
