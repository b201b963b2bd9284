import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatDatetime, parseDatetime } from '../datetime/format.ts';
import { isoText, parseIso } from '../datetime/iso.ts';
import {
  interpolate,
  interpolateBoolean,
  interpolateHeaders,
  interpolateNested,
  interpolateParameters,
  interpolateString,
} from './interpolate.ts';
import { PyFloat, repr } from './values.ts';

/** Our own cases with the answers of airbyte-cdk 7.39.1 (Python's repr), its clock held at `now`. */
interface Vectors {
  readonly now: string;
  readonly variables: { readonly config: Record<string, unknown> };
  /** What a template comes to. */
  readonly eval: Record<string, string>;
  readonly string: Record<string, string>;
  readonly boolean: Record<string, string>;
  /** Components' mappings: as body, as parameters, as headers. */
  readonly nested: readonly [unknown, string][];
  readonly parameters: readonly [Record<string, unknown>, string][];
  readonly headers: readonly [Record<string, unknown>, string][];
  readonly strptime: readonly [text: string | number, format: string, iso: string][];
  readonly strftime: readonly [iso: string, format: string, text: string][];
  /** Templates that have no value: faults, and texts in which something is undefined. */
  readonly fails: readonly string[];
  readonly undefined: readonly string[];
  readonly unreadable: readonly [text: string | number, format: string][];
}

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Vectors;
// JSON has no way to say these two.
const floats = { whole: PyFloat.of(3), huge: PyFloat.of(1e22), big: 12345678901234567890n };
const scope = {
  variables: { ...vectors.variables, config: { ...vectors.variables.config, ...floats } },
  now: () => new Date(vectors.now),
};
const cases = (answers: Record<string, string>) => Object.entries(answers);

describe('a template comes to what it comes to in Python', () => {
  test.each(cases(vectors.eval))('%j', (source, answer) => {
    expect(repr(interpolate(source, scope))).toBe(answer);
  });

  test.each(cases(vectors.string))('as text: %j', (source, answer) => {
    expect(repr(interpolateString(source, scope))).toBe(answer);
  });

  test.each(cases(vectors.boolean))('as a condition: %j', (source, answer) => {
    expect(repr(interpolateBoolean(source, scope))).toBe(answer);
  });
});

describe('a template without a value', () => {
  test.each(vectors.fails)('%j fails', (source) => {
    expect(() => interpolate(source, scope)).toThrow(expect.objectContaining({ kind: 'config' }));
  });

  test.each(vectors.undefined)('%j is undefined where text is wanted', (source) => {
    expect(() => interpolateString(source, scope)).toThrow(expect.objectContaining({ code: 'template_undefined' }));
  });
});

describe('mappings', () => {
  test.each(vectors.nested)('body %j', (source, answer) => {
    expect(repr(interpolateNested(source, scope))).toBe(answer);
  });

  test.each(vectors.parameters)('parameters %j', (source, answer) => {
    expect(repr(interpolateParameters(source, scope))).toBe(answer);
  });

  test.each(vectors.headers)('headers %j', (source, answer) => {
    expect(repr(interpolateHeaders(source, scope))).toBe(answer);
  });
});

describe('dates', () => {
  test.each(vectors.strptime)('%j read as %j', (text, format, iso) => {
    expect(isoText(parseDatetime(text, format))).toBe(iso);
  });

  test.each(vectors.unreadable)('%j does not fit %j', (text, format) => {
    expect(() => parseDatetime(text, format)).toThrow(RangeError);
  });

  test.each(vectors.strftime)('%j written as %j', (iso, format, text) => {
    const instant = parseIso(iso);
    expect(instant && formatDatetime(instant, format)).toBe(text);
  });
});
