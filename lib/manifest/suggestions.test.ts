import { expect, test } from 'vitest';
import { suggestionsAt } from './suggestions.ts';

const DATA = {
  response: { data: { items: [{ id: 1 }] }, next: 'abc' },
  records: [
    { id: 1, at: '2026-01-01T00:00:00Z', name: 'a', to: { city: 'Bonn' } },
    { id: 2, at: '2026-01-01T00:00:00Z', name: 'b', to: { city: 'Kiel' } },
  ],
  ...{ config: ['token', 'start_date'], streams: ['orders'], functions: ['now_utc'], filters: ['default', 'int'] },
};

/** What fits at the bar. */
const at = (text: string) => {
  const offset = text.indexOf('|CURSOR|');
  return suggestionsAt(text.replace('|CURSOR|', ''), offset, DATA).map(({ text: value }) => value);
};

test('paths to lists of the answer come first', () => {
  expect(at('extractor: { type: DpathExtractor, field_path: [|CURSOR|')).toEqual(['data, items', 'data', 'next']);
  expect(at('  field_path:\n    - |CURSOR|')).toEqual(['data, items', 'data', 'next']);
});

test('cursors are times and numbers, keys are set and different in all records', () => {
  expect(at('    cursor_field: |CURSOR|')).toEqual(['id', 'at']);
  expect(at('    primary_key: [i|CURSOR|')).toEqual(['id', 'name']);
});

test('in a template: variables and functions, filters behind a bar, and what a variable holds', () => {
  expect(at('path: "/{{ |CURSOR|')).toEqual(expect.arrayContaining(['config', 'stream_slice', 'now_utc()']));
  expect(at('path: "/{{ x | |CURSOR|')).toEqual(['default', 'int']);
  expect(at(`path: "/{{ config['|CURSOR|`)).toEqual(['token', 'start_date']);
  expect(at('value: "{{ record.to.|CURSOR|')).toEqual(['city']);
  expect(at(`value: "{{ response['data']['i|CURSOR|`)).toEqual(['items']);
  expect(at('a: "{{ x }} |CURSOR|')).toEqual([]);
});

test('references in quotes, whether one has begun or not', () => {
  const text = (typed: string) => `definitions:\n  base: { type: HttpRequester }\nstreams:\n  - $ref: ${typed}|CURSOR|`;
  expect(at(text(''))).toEqual(['"#/definitions/base"']);
  expect(at(text('"#/de'))).toEqual(['#/definitions/base']);
});

test('names of streams for a check', () => {
  expect(at('check: { type: CheckStream, stream_names: [|CURSOR|')).toEqual(['orders']);
});
