import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { applyEdit, type TextEdit } from './edit-text.ts';
import { addTestToText, removeTestFromText, replaceTestInText, type TestInText, testsInText } from './tests-in-text.ts';

const CASE = { name: 'reads', stream: 'orders', exchanges: [], expect: { record_count: 0 } };

test('tests are added one behind the other, each with its own name, and the rest stays', () => {
  let text = '# mine\nversion: 6.0.0\nstreams: []\n';
  for (let count = 0; count < 2; count++) {
    text = edited(text, addTestToText(text, CASE));
  }
  expect(text).toContain('# mine\nversion: 6.0.0\nstreams: []\n');
  expect(namesIn(text)).toEqual(['reads', 'reads (2)']);
});

test('in broken YAML there are none, and none is added', () => {
  expect(testsInText('a: [')).toEqual([]);
  expect(addTestToText('a: [', CASE)).toBeNull();
});

const BEFORE = '# mine\nversion: 6.0.0\nstreams: [ ] # none yet\n';
const BLOCK = `${BEFORE}metadata:
  weir:
    # made by hand
    tests:
      # about the first
      - name: first
        stream: orders
        exchanges: []
        expect: { record_count: 0 } # none
      # about the second
      -
        name: second
        stream: "users"
        exchanges: []
        expect:
          error:
            message: |
              it fails

      - { name: third, stream: orders, exchanges: [], expect: { record_count: 0 } }
    # about the checks
    checks: {}
# the end
`;
const FLOW = `${BEFORE}metadata: { weir: { tests: [ ${['first', 'second', 'third'].map((name) => JSON.stringify({ ...CASE, name })).join(', ')} ] } } # end\n`;
const TEXTS = { block: BLOCK, flow: FLOW, 'two characters a line end': BLOCK.replaceAll('\n', '\r\n') };
const RECORDED = { expect: { records: [{ id: 1, text: 'a\nb' }] }, exchanges: [], stream: 'users', name: 'other' };

describe.each(Object.entries(TEXTS))('of tests written as %s', (_style, text) => {
  test.each([0, 1, 2])('number %i is taken out, and every byte around it stays', (index) => {
    const { edit, after } = changed(text, index, removeTestFromText);
    expect(edit.text).toBe('');
    expect(testsOf(after)).toEqual(testsOf(text).filter((_test, at) => at !== index));
    expect(withoutTests(after)).toEqual(withoutTests(text));
    for (const comment of [
      '# made by hand',
      '# about the first',
      '# about the second',
      '# about the checks',
      '# the end',
    ])
      expect(after.includes(comment)).toBe(text.includes(comment));
  });

  test.each([0, 1, 2])('number %i is recorded again under its name, and every byte around it stays', (index) => {
    const { edit, after } = changed(text, index, (from, which) => replaceTestInText(from, which, RECORDED));
    const { name } = testAt(text, index);
    expect(testsOf(after)).toEqual(testsOf(text).map((old, at) => (at === index ? { ...RECORDED, name } : old)));
    expect(withoutTests(after)).toEqual(withoutTests(text));
    expect(text.slice(edit.from)).toMatch(/^({ ?)?"?name/);
  });
});

test('the last test takes along what was made for it, and leaves the text as it was before the first', () => {
  const kept = edited(BEFORE, addTestToText(BEFORE, CASE));
  expect(edited(kept, removeTestFromText(kept, testAt(kept, 0)))).toBe(BEFORE);
});

test('the last test leaves what somebody else keeps beside it, comments too', () => {
  const tests = `    tests:\n      - ${stringify(CASE).trimEnd().replaceAll('\n', '\n        ')}\n`;
  for (const [above, below] of [
    ['metadata:\n  # mine\n  weir:\n', '    checks: {}\n'],
    ['metadata:\n  other: 1\n', ''],
    ['metadata: # mine\n', ''],
  ] as const) {
    const weir = above.includes('weir') ? '' : '  weir:\n';
    const text = `${BEFORE}${above}${weir}${tests}${below}`;
    const after = edited(text, removeTestFromText(text, testAt(text, 0)));
    expect(after.startsWith(`${BEFORE}${above}`)).toBe(true);
    expect(after.endsWith(below)).toBe(true);
    expect(testsInText(after)).toEqual([]);
  }
});

test('of two tests with one name the one that was meant is changed; one that has moved is found by its name', () => {
  const twice = BLOCK.replace('name: third', 'name: first');
  expect(testsOf(edited(twice, removeTestFromText(twice, testAt(twice, 2)))).length).toBe(2);
  expect(edited(twice, removeTestFromText(twice, testAt(twice, 2)))).toContain('# none');
  const moved = edited(BLOCK, removeTestFromText(BLOCK, testAt(BLOCK, 0)));
  expect(namesIn(edited(moved, removeTestFromText(moved, testAt(BLOCK, 1))))).toEqual(['third']);
  expect(removeTestFromText(moved, testAt(BLOCK, 0))).toBeNull();
});

function namesIn(text: string): string[] {
  return testsInText(text).map(({ name }) => name);
}

function testAt(text: string, index: number): TestInText {
  const found = testsInText(text)[index];
  if (!found) throw new Error(`there is no test ${index}`);
  return found;
}

function edited(text: string, edit: TextEdit | null): string {
  if (edit === null) throw new Error('there is no place');
  return applyEdit(text, edit);
}

/** The edit of a test, which must lie within the text of that test, its dash and the ends of its lines. */
function changed(text: string, index: number, edit: (text: string, which: TestInText) => TextEdit | null) {
  const made = edit(text, testAt(text, index));
  if (made === null) throw new Error('there is no place');
  const others = testsInText(text).filter((other) => other.index !== index);
  expect(others.filter(({ offset }) => offset >= made.from && offset < made.to)).toEqual([]);
  return { edit: made, after: applyEdit(text, made) };
}

function testsOf(text: string): unknown[] {
  return parse(text).metadata.weir.tests;
}

function withoutTests(text: string): unknown {
  const { metadata, ...rest } = parse(text);
  return { ...rest, ...metadata.weir, tests: null };
}
