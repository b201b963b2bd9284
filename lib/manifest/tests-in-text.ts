import { isMap, isSeq, type Node, type YAMLMap } from 'yaml';
import type { JsonValue } from '#lib/json.ts';
import { removeFromText, removeItemFromText, setInText, type TextEdit, type TextPath } from './edit-text.ts';
import { parsedText } from './parsed-text.ts';
import type { ManifestTest } from './weir-block.ts';

const TESTS = ['metadata', 'weir', 'tests'];

/** A test where it is written. */
export interface TestInText {
  readonly name: string;
  /** Null where none is given. */
  readonly stream: string | null;
  /** Its place among the tests. */
  readonly index: number;
  readonly offset: number;
}

/** The tests that a manifest's text carries; none when it is no YAML. */
export function testsInText(text: string): TestInText[] {
  const tests: unknown = parsedText(text).getIn(TESTS, true);
  if (!isSeq(tests)) return [];
  return tests.items.flatMap((item, index) => {
    if (!isMap(item)) return [];
    const stream = item.get('stream');
    return [
      {
        ...{ name: String(item.get('name')), stream: typeof stream === 'string' ? stream : null },
        ...{ index, offset: item.range?.[0] ?? 0 },
      },
    ];
  });
}

/** The same test in a text that may have moved on since it was looked at; null when it has gone. */
export function sameTestIn(text: string, { name, index }: TestInText): TestInText | null {
  const named = testsInText(text).filter((test) => test.name === name);
  return named.find((test) => test.index === index) ?? named[0] ?? null;
}

/** The edit that adds a test behind the others, under a name that no other has. Null when the text has no place for it. */
export function addTestToText(text: string, test: ManifestTest): TextEdit | null {
  const tests = testsInText(text);
  const names = tests.map(({ name }) => name);
  let name = test.name;
  for (let count = 2; names.includes(name); count++) name = `${test.name} (${count})`;
  return setInText(text, [...TESTS, tests.length], written(test, name));
}

/** The edit that gives a test another recording and what it expects, under the name that it has. Null when it has gone. */
export function replaceTestInText(text: string, old: TestInText, test: ManifestTest): TextEdit | null {
  const found = sameTestIn(text, old);
  return found && setInText(text, [...TESTS, found.index], written(test, found.name));
}

/** The edit that takes a test out. The last one takes along what was there for it alone. Null when it has gone. */
export function removeTestFromText(text: string, test: TestInText): TextEdit | null {
  const found = sameTestIn(text, test);
  if (found === null) return null;
  return removeItemFromText(text, [...TESTS, found.index]) ?? removeFromText(text, emptiedWith(text));
}

/** Begins with what it is called and reads, for whoever looks for it. */
function written({ name: _old, stream, ...rest }: ManifestTest, name: string): JsonValue {
  return { name, stream, ...rest } as unknown as JsonValue;
}

/** The outermost part of the text that holds the tests and nothing else, not even a comment of somebody's. */
function emptiedWith(text: string): TextPath {
  const document = parsedText(text);
  let path: TextPath = TESTS;
  while (path.length > 1) {
    const outer = path.slice(0, -1);
    const map: unknown = document.getIn(outer, true);
    if (!isMap(map) || map.items.length > 1 || isCommented(map)) return path;
    path = outer;
  }
  return path;
}

function isCommented(map: YAMLMap): boolean {
  const [first] = map.items;
  const key = first?.key as Node | undefined;
  return [map.commentBefore, map.comment, key?.commentBefore].some((comment) => comment);
}
