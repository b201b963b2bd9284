import { expect, test } from 'vitest';
import { bytesText, durationText } from './airbyte-payload.ts';

test.each([
  [0, '0 sec'],
  [723, '12 min 3 sec'],
  [4_800, '1 hours 20 min'],
])('%i seconds are %s', (seconds, text) => expect(durationText(seconds)).toBe(text));

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 kB'],
  [5_000_000, '4 MB'],
  [3 * 1024 ** 4, '3 TB'],
])('%i bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));
