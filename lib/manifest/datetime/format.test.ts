import { describe, expect, test } from 'vitest';
import { DateTime } from './date-time.ts';
import { parseDuration } from './duration.ts';
import { formatDatetime, parseDatetime } from './format.ts';
import { isoText } from './iso.ts';

const read = (text: string, format: string) => isoText(parseDatetime(text, format));

describe('a date is read after its format', () => {
  test.each([
    ['1646006400', '%s', '2022-02-28T00:00:00+00:00'],
    ['1646006400.5', '%s_as_float', '2022-02-28T00:00:00.500000+00:00'],
    ['1646006400123', '%ms', '2022-02-28T00:00:00.123000+00:00'],
    ['1646006400123456', '%epoch_microseconds', '2022-02-28T00:00:00.123456+00:00'],
    ['2022-1-1', '%Y-%m-%d', '2022-01-01T00:00:00+00:00'],
    ['2022-01-01T00:00:00.123Z', '%Y-%m-%dT%H:%M:%S.%_msZ', '2022-01-01T00:00:00.123000+00:00'],
    ['2022-01-01T02:00:00+02:00', '%Y-%m-%dT%H:%M:%S%z', '2022-01-01T02:00:00+02:00'],
    ['2022-01-01T02:00:00+0200', '%Y-%m-%dT%H:%M:%S%z', '2022-01-01T02:00:00+02:00'],
    ['2022-01-01T00:00:00Z', '%Y-%m-%dT%H:%M:%S%z', '2022-01-01T00:00:00+00:00'],
    ['created_on:gte:2022-01-01', 'created_on:gte:%Y-%m-%d', '2022-01-01T00:00:00+00:00'],
  ])('%s by %s', (text, format, expected) => {
    expect(read(text, format)).toBe(expected);
  });

  test.each([
    ['1646006400.5', '%s'],
    ['2022-01-01T00:00:03Z', '%Y-%m-%dT%H:%M:%S.%fZ'],
    ['2022-01-01T00:00:00.1234567Z', '%Y-%m-%dT%H:%M:%S.%_msZ'],
    ['2022-02-30', '%Y-%m-%d'],
  ])('%s does not fit %s', (text, format) => {
    expect(() => parseDatetime(text, format)).toThrow(RangeError);
  });
});

describe('a date is written after its format', () => {
  const instant = parseDatetime('2022-02-28T12:30:05.123456Z', '%Y-%m-%dT%H:%M:%S.%f%z');

  test.each([
    ['%s', '1646051405'],
    ['%ms', '1646051405123'],
    ['%Y-%m-%dT%H:%M:%S.%_msZ', '2022-02-28T12:30:05.123Z'],
    ['%Y-%m-%dT%H:%M:%S.%f%z', '2022-02-28T12:30:05.123456+0000'],
    ['%d %B %Y, %j', '28 February 2022, 059'],
  ])('%s', (format, expected) => {
    expect(formatDatetime(instant, format)).toBe(expected);
  });
});

describe('steps', () => {
  const from = (text: string, step: string) =>
    isoText(DateTime.fromDate(new Date(text)).plus(parseDuration(step))).slice(0, 10);

  test('months and years are the calendar', () => {
    expect(from('2024-01-31', 'P1M')).toBe('2024-02-29');
    expect(from('2024-02-29', 'P1Y')).toBe('2025-02-28');
  });

  test('weeks, days and fractions of a second are exact', () => {
    expect(from('2024-02-26', 'P1W')).toBe('2024-03-04');
    expect(parseDuration('PT0.000001S').micros).toBe(1n);
    expect(parseDuration('PT0S').isZero).toBe(true);
  });

  test.each(['P', 'PT', '1D', 'P1'])('%s is no duration', (text) => {
    expect(() => parseDuration(text)).toThrow(RangeError);
  });
});
