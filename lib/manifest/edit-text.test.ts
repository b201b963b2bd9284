import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { applyEdit, rangeInText, removeFromText, setInText, type TextPath } from './edit-text.ts';

const MANIFEST = `# head
streams:
  - name: orders # the first
    retriever:
      # how it is read
      requester: { type: HttpRequester, url: "https://a.example" } # kept
      record_selector:
        extractor:
          field_path: [data]
    primary_key: id

  - name: users
spec: {}
`;

const set = (path: TextPath, value: JsonValue, text = MANIFEST) => {
  const edit = setInText(text, path, value);
  if (!edit) throw new Error('no edit');
  return applyEdit(text, edit);
};
const change = (path: TextPath, value: JsonValue) => difference(MANIFEST, set(path, value));

describe('a value that is there is replaced where it stands', () => {
  test.each<[string, TextPath, JsonValue, string[]]>([
    ['a scalar', ['streams', 0, 'name'], 'sales', ['-  - name: orders # the first', '+  - name: sales # the first']],
    [
      'within a flow',
      ['streams', 0, 'retriever', 'requester', 'url'],
      'https://b.example/a,b',
      [
        '-      requester: { type: HttpRequester, url: "https://a.example" } # kept',
        '+      requester: { type: HttpRequester, url: "https://b.example/a,b" } # kept',
      ],
    ],
    [
      'a list',
      ['streams', 0, 'retriever', 'record_selector', 'extractor', 'field_path'],
      ['a', 'b'],
      ['-          field_path: [data]', '+          field_path: [ a, b ]'],
    ],
    [
      'a block by a short value',
      ['streams', 0, 'retriever', 'record_selector'],
      null,
      [
        '-      record_selector:',
        '-        extractor:',
        '-          field_path: [data]',
        '+      record_selector: null',
      ],
    ],
    [
      'a block by a block',
      ['streams', 0, 'retriever', 'record_selector', 'extractor'],
      { type: 'JsonataExtractor', expression: 'x' },
      ['-          field_path: [data]', '+          type: JsonataExtractor', '+          expression: x'],
    ],
    ['text with a line end', ['streams', 1, 'name'], 'a\nb', ['-  - name: users', '+  - name: "a\\nb"']],
  ])('%s', (_name, path, value, lines) => {
    expect(change(path, value)).toEqual(lines);
  });
});

describe('what is not there is put behind the last entry', () => {
  test.each<[string, TextPath, JsonValue, string[]]>([
    ['of a block', ['streams', 1, 'primary_key'], ['id'], ['+    primary_key:', '+      - id']],
    [
      'of a flow',
      ['streams', 0, 'retriever', 'requester', 'http_method'],
      'POST',
      [
        '-      requester: { type: HttpRequester, url: "https://a.example" } # kept',
        '+      requester: { type: HttpRequester, url: "https://a.example", http_method: POST } # kept',
      ],
    ],
    ['of an empty flow', ['spec', 'type'], 'Spec', ['-spec: {}', '+spec: { type: Spec }']],
    [
      'deep inside',
      ['streams', 1, 'retriever', 'type'],
      'SimpleRetriever',
      ['+    retriever:', '+      type: SimpleRetriever'],
    ],
    ['of a list', ['streams', 2], { name: 'items' }, ['+  - name: items']],
  ])('%s', (_name, path, value, lines) => {
    expect(change(path, value)).toEqual(lines);
  });

  test('an empty text is begun', () => {
    expect(set(['type'], 'DeclarativeSource', '')).toBe('type: DeclarativeSource');
  });

  test('what can’t be is refused', () => {
    expect(setInText('a: [', ['a'], 1)).toBeNull();
    expect(setInText(MANIFEST, ['streams', 9], 1)).toBeNull();
  });
});

describe('an entry is taken out with its line', () => {
  test.each<[TextPath, string[]]>([
    [['streams', 0, 'primary_key'], ['-    primary_key: id']],
    [
      ['streams', 0, 'name'],
      ['-  - name: orders # the first', '-    retriever:', '+  - retriever:'],
    ],
    [
      ['streams', 0, 'retriever', 'requester', 'type'],
      [
        '-      requester: { type: HttpRequester, url: "https://a.example" } # kept',
        '+      requester: { url: "https://a.example" } # kept',
      ],
    ],
    [
      ['streams', 0, 'retriever', 'requester', 'url'],
      [
        '-      requester: { type: HttpRequester, url: "https://a.example" } # kept',
        '+      requester: { type: HttpRequester } # kept',
      ],
    ],
    [['spec'], ['-spec: {}']],
  ])('%j', (path, lines) => {
    const edit = removeFromText(MANIFEST, path);
    expect(difference(MANIFEST, applyEdit(MANIFEST, edit ?? { from: 0, to: 0, text: '' }))).toEqual(lines);
  });
});

test('the range of a node is its own text', () => {
  const range = rangeInText(MANIFEST, ['streams', 0, 'retriever', 'requester', 'url']);
  expect(MANIFEST.slice(range?.from, range?.to)).toBe('"https://a.example"');
});

const key = fc.constantFrom('a', 'b', 'c', 'type', 'x y');
const scalar = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ maxLength: 12 }),
  fc.constantFrom('{{ config["a"] }}', '# no', 'yes', '1.0', 'a: b', '- x', '', '\n', '  '),
);
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ) as fc.Arbitrary<JsonValue>,
}));
const object = fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 }) as fc.Arbitrary<JsonObject>;

/** Any text of the object: as blocks, as one flow, with comments and empty lines between its entries. */
const written = (source: JsonObject, style: number): string => {
  if (style === 0) return stringify(source);
  if (style === 1) return stringify(source, { collectionStyle: 'flow' });
  const entries = Object.entries(source).map(([name, item]) => `# about\n${stringify({ [name]: item })}\n`);
  return entries.join('');
};

test('any place of any text takes any value; all others keep theirs, and comments outside stay', () => {
  fc.assert(
    fc.property(
      object,
      value,
      fc.array(key, { minLength: 1, maxLength: 3 }),
      fc.nat(2),
      (source, next, path, style) => {
        const text = written(source, style);
        const edit = setInText(text, path, next);
        if (edit === null) return;
        const after = applyEdit(text, edit);
        expect(parse(after)).toEqual(withValue(parse(text), path, next));
        expect(text.startsWith(after.slice(0, edit.from))).toBe(true);
        expect(text.endsWith(after.slice(edit.from + edit.text.length))).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});

test('any entry of any text can be taken out, and the others stay', () => {
  fc.assert(
    fc.property(object, key, fc.nat(2), (source, name, style) => {
      const text = written(source, style);
      const edit = removeFromText(text, [name]);
      expect(edit === null).toBe(!(name in source));
      if (edit === null) return;
      const { [name]: _gone, ...rest } = parse(text);
      expect(parse(applyEdit(text, edit))).toEqual(rest);
    }),
    { numRuns: 600 },
  );
});

function withValue(source: JsonValue, [first, ...rest]: TextPath, next: JsonValue): JsonValue {
  if (first === undefined) return next;
  const base = typeof source === 'object' && source !== null && !Array.isArray(source) ? (source as JsonObject) : {};
  return { ...base, [first]: withValue(base[first] ?? {}, rest, next) };
}

/** Lines that differ, as a diff shows them. */
function difference(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  return [
    ...old.slice(start, old.length - end).map((line) => `-${line}`),
    ...now.slice(start, now.length - end).map((line) => `+${line}`),
  ];
}
