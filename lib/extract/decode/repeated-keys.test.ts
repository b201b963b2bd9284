import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JsonValue, parseJson } from '#lib/json.ts';
import { countRepeated, firstRepeated } from './repeated-keys.ts';

const count = (text: string) => countRepeated(Buffer.from(text), [parseJson(text)]);

test('a key that an object repeats is counted, however deep it lies, and named', () => {
  expect(count('{"a": 1, "b": {"c" : 2, "c": 3, "c": 4}, "a": [{"x": 1}, {"x": 2}]}')).toBe(3);
  expect(firstRepeated('{"a": {"b": ":"}, "c": [{"b": 1}, {"b": 2, "\\u0062": 3}]}')).toBe('b');
  expect(count('{"a": 12345678901234567890.5, "a": 1}')).toBe(1);
});

test('no text without repeated keys has any, whatever stands in it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(countRepeated(Buffer.from(text), [JSON.parse(text) as JsonValue])).toBe(0);
      expect(firstRepeated(text)).toBeNull();
    }),
  );
});

test('a text of another encoding is not looked at', () => {
  expect(countRepeated(Buffer.from('{"é": 1, "é": 2}', 'latin1'), [{ é: 2 }])).toBe(0);
});
