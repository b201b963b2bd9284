import { describe, expect, test } from 'vitest';
import { nextDigest, quietIssues, quietUntil } from './quiet-hours.ts';

const NIGHT = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };

describe('quiet hours', () => {
  test.each([
    ['before they begin', '2026-07-01T19:59:00Z', null],
    ['from the evening on', '2026-07-01T20:00:00Z', '2026-07-02T05:00:00.000Z'],
    ['until the morning', '2026-07-02T04:59:00Z', '2026-07-02T05:00:00.000Z'],
    ['and no longer', '2026-07-02T05:00:00Z', null],
    ['in winter an hour later', '2026-01-01T20:30:00Z', null],
    ['over the night in which the clocks change', '2026-03-28T23:00:00Z', '2026-03-29T05:00:00.000Z'],
  ])('hold %s', (_, now, until) => {
    expect(quietUntil(NIGHT, new Date(now))?.toISOString() ?? null).toBe(until);
  });

  test('of whole days go on until the first day without them', () => {
    const weekend = { from: '00:00', to: '00:00', days: [6, 0], timeZone: 'UTC' };
    expect(quietUntil(weekend, new Date('2026-07-04T09:00:00Z'))).toEqual(new Date('2026-07-06T00:00:00Z'));
    expect(quietUntil(weekend, new Date('2026-07-06T00:00:00Z'))).toBeNull();
  });

  test('of some evenings end on the morning after', () => {
    const friday = { ...NIGHT, timeZone: 'UTC', days: [5] };
    expect(quietUntil(friday, new Date('2026-07-04T03:00:00Z'))).toEqual(new Date('2026-07-04T07:00:00Z'));
    expect(quietUntil(friday, new Date('2026-07-03T03:00:00Z'))).toBeNull();
  });

  test('tell all that is wrong with them', () => {
    const issues = quietIssues({ from: '25:00', to: 'noon', days: [9], timeZone: 'Moon/Base' });
    expect(issues.map(({ path }) => path).toSorted()).toEqual([
      'quietHours.days',
      'quietHours.from',
      'quietHours.timeZone',
      'quietHours.to',
    ]);
  });
});

test('a digest comes at its time of day', () => {
  const digest = { at: '08:00', timeZone: 'Europe/Berlin' };
  expect(nextDigest(digest, new Date('2026-07-01T06:00:00Z'))).toEqual(new Date('2026-07-02T06:00:00Z'));
});
