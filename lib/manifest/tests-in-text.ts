import { isMap, isSeq } from 'yaml';
import type { JsonValue } from '#lib/json.ts';
import { setInText, type TextEdit } from './edit-text.ts';
import { parsedText } from './parsed-text.ts';
import type { ManifestTest } from './weir-block.ts';

const TESTS = ['metadata', 'weir', 'tests'];

/** Names of the tests that a manifest's text carries; none when it is no YAML. */
export function testsInText(text: string): string[] {
  const tests: unknown = parsedText(text).getIn(TESTS, true);
  if (!isSeq(tests)) return [];
  return tests.items.flatMap((item) => (isMap(item) ? [String(item.get('name'))] : []));
}

/** The edit that adds a test behind the others, under a name that no other has. Null when the text has no place for it. */
export function addTestToText(text: string, test: ManifestTest): TextEdit | null {
  const names = testsInText(text);
  let name = test.name;
  for (let count = 2; names.includes(name); count++) name = `${test.name} (${count})`;
  return setInText(text, [...TESTS, names.length], { ...test, name } as unknown as JsonValue);
}
