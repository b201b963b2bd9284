import { expect, onTestFinished, test, vi } from 'vitest';
import { isWithin, spelledAsIn } from './cursor-range.ts';

test('a range includes both ends, and a day to its last moment', () => {
  const range = { from: '2026-01-02', to: '2026-01-03' };
  const inside = ['2026-01-02', '2026-01-02T00:00:00Z', '2026-01-03', '2026-01-03T23:59:59.999Z'];
  expect(inside.filter((value) => !isWithin(value, range))).toEqual([]);
  const outside = ['2026-01-01T23:59:59Z', '2026-01-04', '2026-01-04T00:00:00Z', null, undefined];
  expect(outside.filter((value) => isWithin(value, range))).toEqual([]);
});

test.each(['UTC', 'Pacific/Auckland', 'America/Los_Angeles'])(
  'a time that names no zone is meant in UTC, also where the service runs in %s',
  (zone) => {
    vi.stubEnv('TZ', zone);
    onTestFinished(() => void vi.unstubAllEnvs());
    const range = { from: '2026-01-02', to: '2026-01-03' };
    const inside = ['2026-01-02 00:00:00', '2026-01-02T00:00:00', '2026-01-03 23:59:59.999', '2026-01-03T23:59'];
    expect(inside.filter((value) => !isWithin(value, range))).toEqual([]);
    const outside = ['2026-01-01 23:59:59', '2026-01-01T23:59:59.999', '2026-01-04 00:00:00', '2026-01-04T00:00'];
    expect(outside.filter((value) => isWithin(value, range))).toEqual([]);
    expect(spelledAsIn({ at: '2026-01-05T10:00:00Z' }, 'at', '2026-02-01 01:02:03')).toBe('2026-02-01T01:02:03Z');
  },
);

test('a time at the end is meant to that moment; numbers compare as numbers, other values as text', () => {
  const upTo = (to: string | null, from: string) => (value: string | number) => isWithin(value, { from, to });
  expect(['2026-01-03T10:00:00Z', '2026-01-03T10:00:01Z'].map(upTo('2026-01-03T10:00:00Z', '2026-01-01'))).toEqual([
    true,
    false,
  ]);
  expect([9, 10, 100, 101].map(upTo('100', '10'))).toEqual([false, true, true, false]);
  expect(['a', 'b', 'c'].map(upTo('b', 'b'))).toEqual([false, true, false]);
  expect(isWithin(5, { from: '1', to: null })).toBe(true);
});

test('the source is asked in the spelling of its own state', () => {
  const asked = (sample: string | number, value = '2026-02-01') => spelledAsIn({ at: sample }, 'at', value);
  expect(asked('2026-01-05')).toBe('2026-02-01');
  expect(asked('2026-01-05T10:00:00Z')).toBe('2026-02-01T00:00:00Z');
  expect(asked('2026-01-05 10:00:00')).toBe('2026-02-01 00:00:00');
  expect(asked('2026-01-05T10:00:00.123456+0000', '2026-02-01T01:02:03.5Z')).toBe('2026-02-01T01:02:03.500000+0000');
  expect(asked('1767607200')).toBe('1769904000');
  expect(asked(1_767_607_200_000)).toBe('1769904000000');
  expect(asked('W5/2026')).toBe('2026-02-01');
  expect(asked('2026-01-05', '17')).toBe('17');
  const partitions = { states: [{ partition: { id: 1 }, cursor: { at: '2026-01-05T10:00:00Z' } }] };
  expect(spelledAsIn(partitions, 'at', '2026-02-01')).toBe('2026-02-01T00:00:00Z');
  expect(spelledAsIn(null, 'at', '2026-02-01')).toBe('2026-02-01');
});
