import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { MANIFEST_YAML } from './manifest-yaml.ts';

const read = (text: string) => parse(text, MANIFEST_YAML);

// What yaml.safe_load of PyYAML 6 makes of the same words.
describe('words without quotes', () => {
  test('are true and false as in YAML 1.1, but for single letters', () => {
    expect(read('[no, No, NO, yes, on, Off, true, FALSE, y, n, nO]')).toEqual([
      ...[false, false, false, true, true, false, true, false],
      ...['y', 'n', 'nO'],
    ]);
    expect(read('[~, null, Null, nULL, ]')).toEqual([null, null, null, 'nULL']);
  });

  test('are whole numbers of several bases', () => {
    expect(read('[0777, 010, 0x1F, 0b11, 1_000, 1:30, 12:30:45, +1, -12]')).toEqual([
      ...[511, 8, 31, 3, 1000, 90, 45_045, 1, -12],
    ]);
    expect(read('[09, 0o17, 1:60, 1-2]')).toEqual(['09', '0o17', '1:60', '1-2']);
    expect(parse('90071992547409930', { ...MANIFEST_YAML, intAsBigInt: true })).toBe(90_071_992_547_409_930n);
  });

  test('are fractions only with a point, and with a sign in the exponent', () => {
    expect(read('[1.5e+3, .5, 5., 1_0.5, 1:30.5, -2.50, .inf]')).toEqual([1500, 0.5, 5, 10.5, 90.5, -2.5, Infinity]);
    expect(read('[1e3, 1.5e3, 6.0.0]')).toEqual(['1e3', '1.5e3', '6.0.0']);
  });

  test('stay text where they are dates, and are keys as JSON writes them', () => {
    expect(read('[2020-01-01, 2020-01-01T00:00:00Z]')).toEqual(['2020-01-01', '2020-01-01T00:00:00Z']);
    expect(read('{ no: 1, 2: 2 }')).toEqual({ false: 1, 2: 2 });
  });
});

test('any text is written so that it is read as the same text', () => {
  const words = fc.constantFrom('no', 'On', '0777', '1:30', '1e3', '1_0', '.5', '~', '2020-01-01', 'yes', '0b1', '');
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string())), (texts) => {
      expect(read(stringify(texts, MANIFEST_YAML))).toEqual(texts);
    }),
  );
});
