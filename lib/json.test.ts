import { describe, expect, test } from 'vitest';
import { copyJson, ExactNumber, parseJson, stringifyJson } from './json.ts';

describe('numbers keep every digit', () => {
  test.each([
    '12345678901234567890',
    '-12345678901234567890',
    '0.12345678901234567',
    '3.141592653589793238462643',
    '1e400',
    '1.5E-400',
    '[1,[22,333],{"a":9007199254740993}]',
    '{"text":"no number","list":[0.1,12345678901234567]}',
  ])('%s', (text) => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  test('wherever in the text they stand', () => {
    for (let before = 0; before < 40; before++) {
      const text = `["${'x'.repeat(before)}",9007199254740993,"${'y'.repeat(before)}"]`;
      expect(stringifyJson(parseJson(text))).toBe(text);
    }
  });

  test('and long digits in texts change nothing', () => {
    expect(parseJson('{"card":"4111111111111111","n":5}')).toEqual({ card: '4111111111111111', n: 5 });
  });
});

test('a copy shares nothing and keeps exact numbers', () => {
  const value = parseJson('{"a":{"b":[1,{"c":0.12345678901234567}]},"big":12345678901234567890,"none":null}') as {
    a: { b: [number, { c: ExactNumber }] };
  };
  const copy = copyJson(value);
  expect(copy).toEqual(value);
  expect(copy.a.b[1].c).toBeInstanceOf(ExactNumber);
  copy.a.b[0] = 2;
  expect(value.a.b[0]).toBe(1);
});

test('a copy takes __proto__ as a name like any other', () => {
  const copy = copyJson(parseJson('{"__proto__":{"x":1}}'));
  expect(stringifyJson(copy)).toBe('{"__proto__":{"x":1}}');
  expect(({} as { x?: number }).x).toBeUndefined();
});
