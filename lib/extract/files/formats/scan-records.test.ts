import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ScanError, scanRecords } from './scan-records.ts';

/** The records of a document that comes in pieces of so many bytes. */
async function scanned(text: string | Buffer, path: readonly string[] = [], pieceBytes = 7): Promise<unknown[]> {
  const bytes = Buffer.from(text as string);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield Buffer.from(bytes.subarray(at, at + pieceBytes));
  }
  const found: unknown[] = [];
  for await (const record of scanRecords(pieces(), path)) found.push(JSON.parse(record.toString('utf8')));
  return found;
}

test.each<[string, string, string[], unknown[]]>([
  ['a list', '[{"a":1}, {"a":{"b":[1,2]}}]', [], [{ a: 1 }, { a: { b: [1, 2] } }]],
  ['a list of nothing', ' [ ] ', [], []],
  ['one object', '\ufeff{"a":"x}\\"]"}\n', [], [{ a: 'x}"]' }]],
  ['a list further in', '{"x":[{"no":1}],"d":{"y":{"items":[0]},"items":[{"a":1}]},"z":2}', ['d', 'items'], [{ a: 1 }]],
  ['an object further in', '{"d":{"a":1}}', ['d'], [{ a: 1 }]],
  ['a key with signs', '{"\\u00e4 \\"b":[{"a":1}]}', ['ä "b'], [{ a: 1 }]],
  [
    'a value that looks like the key',
    '{"a":"items","b":["items",{"items":[{"n":1}]}],"items":[{"y":1}]}',
    ['items'],
    [{ y: 1 }],
  ],
])('the records of %s', async (_, text, path, records) => {
  for (const pieceBytes of [1, 3, 1000]) expect(await scanned(text, path, pieceBytes)).toEqual(records);
});

describe('is refused', () => {
  test.each<[string, string, string[], string]>([
    ['what ends in the middle', '[{"a":1},', [], 'ends in the middle'],
    ['what ends inside of a record', '[{"a":1', [], 'ends in the middle'],
    ['a comma too many', '[{"a":1},]', [], 'a record is missing before byte 9'],
    ['a comma too few', '[{"a":1}{"a":2}]', [], 'a comma is missing before byte 8'],
    ['what comes behind', '[{"a":1}] x', [], 'something comes behind its end'],
    ['no object', '[{"a":1}, 5]', [], 'item 2 is no JSON object'],
    ['a list of lists', '[[1]]', [], 'item 1 is no JSON object'],
    ['nothing at its path', '{"a":[]}', ['b'], 'there is nothing'],
    ['a word in the place of records', '{"a":"x"}', ['a'], 'there is nothing'],
    ['no JSON', 'id,name', [], 'is no JSON'],
    ['nothing', '  ', [], 'ends in the middle'],
    ['a bracket of the other kind', '[{"a":1}}', [], 'is not valid JSON outside of its records'],
    ['what is no JSON beside them', '{"b":nul,"a":[{"x":1}]}', ['a'], 'is not valid JSON outside of its records'],
    [
      'what is no JSON behind them',
      '{"d":{"a":{"x":1}},"b":[1,]}',
      ['d', 'a'],
      'is not valid JSON outside of its records',
    ],
    ['a place that counts for nothing any more', '{"a":[{"x":1}],"a":null}', ['a'], 'its path is there twice'],
    ['a place inside of one that does', '{"d":{"a":[{"x":1}]},"d":{}}', ['d', 'a'], 'its path is there twice'],
    ['records at two places', '{"a":[{"x":1}],"a":[{"x":2}]}', ['a'], 'its path is there twice'],
  ])('%s', async (_, text, path, message) => {
    for (const pieceBytes of [1, 1000]) await expect(scanned(text, path, pieceBytes)).rejects.toThrow(message);
  });

  test('a record that is too long', async () => {
    const long = `[{"a":"${'x'.repeat(65 * 1024 * 1024)}"}]`;
    await expect(scanned(long, [], 1024 * 1024)).rejects.toThrow('item 1 is longer than 64 MB');
  });
});

test('a document whose key never ends is not kept to its end', async () => {
  const long = `{"a${'x'.repeat(3 * 1024 * 1024)}`;
  await expect(scanned(long, ['a'], 256 * 1024)).rejects.toThrow('a quote is missing behind a key');
});

test('what is read record by record is what the whole document says, however it was broken', async () => {
  const whole = fc.constantFrom(
    '{"a":[{"x":1},{"y":[2,{"a":"}\\""}]}],"b":{"a":[{"z":1}]}}',
    '[{"a":1},{"b":{"a":[]}}]',
    ' {"b":{"a":{"q":"é\\u00e4"}},"a":null}',
    '{"\\u0061":{"a":[{"n":1e400}]},"b":[{"a":"b"}],"a":[]}',
  );
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a":',
    '"b"',
    '1',
    'null',
    '{"a":1}',
    '[{"b":2}]',
    ' ',
  );
  const broken = fc
    .tuple(whole, fc.nat(60), fc.nat(4), fc.array(piece, { maxLength: 3 }))
    .map(([text, at, gone, put]) => text.slice(0, at) + put.join('') + text.slice(at + gone));
  const paths = fc.constantFrom<string[]>([], ['a'], ['b', 'a']);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(whole, broken),
      paths,
      fc.integer({ min: 1, max: 40 }),
      async (text, path, pieceBytes) => {
        const [parsed, read] = [recordsOf(text, path), await scanned(text, path, pieceBytes).catch(refused)];
        // Of a path that is there twice nothing is read, rather than what does not count.
        if (read !== null || !/"a".*"a"/.test(text)) expect(read).toEqual(parsed);
      },
    ),
    { numRuns: 1000 },
  );
});

/** Null where the scanner refuses the document, or `JSON.parse` a record of it. */
function refused(error: unknown): null {
  if (error instanceof ScanError || error instanceof SyntaxError) return null;
  throw error;
}

/** As the whole is read; null where that is refused. */
function recordsOf(text: string, path: readonly string[]): unknown[] | null {
  try {
    const found = path.reduce<unknown>(
      (held, step) => (Array.isArray(held) ? undefined : (held as Record<string, unknown>)[step]),
      JSON.parse(text),
    );
    const list = Array.isArray(found) ? found : [found];
    return list.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one)) ? list : null;
  } catch {
    return null;
  }
}

test('whatever is in them, records come as they were written, in whatever pieces', async () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const record = fc.dictionary(fc.string({ unit: 'binary' }), value);
  await fc.assert(
    fc.asyncProperty(
      fc.array(record),
      fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 3 }),
      value,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(undefined, 2),
      async (records, path, other, pieceBytes, indent) => {
        const inside = path.reduceRight<unknown>(
          (held, step) =>
            Object.fromEntries([
              [`${step}?`, other],
              [step, held],
              [`${step}!`, other],
            ]),
          records,
        );
        const read = await scanned(JSON.stringify(inside, null, indent), path, pieceBytes);
        expect(read).toEqual(JSON.parse(JSON.stringify(records)));
      },
    ),
    { numRuns: 200 },
  );
});
