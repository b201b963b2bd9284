import { expect, test } from 'vitest';
import { fieldOfIssue, problemsBelow } from './missing-parts.ts';

const ISSUES = [
  { path: 'schedule.expression', message: '0 25 * * * is no cron expression.' },
  { path: 'schedule.timeZone', message: 'There is no time zone named Mars.' },
  { path: 'name', message: 'Give it a name.' },
];

test('what is wrong with a schedule stands at the field that it is about', () => {
  expect(problemsBelow('schedule', ISSUES)).toEqual({
    expression: '0 25 * * * is no cron expression.',
    timeZone: 'There is no time zone named Mars.',
  });
  expect(problemsBelow('schedule', [{ path: 'schedule', message: 'One of five.' }])).toEqual({ '': 'One of five.' });
  expect(ISSUES.flatMap(fieldOfIssue)).toEqual(['schedule-cron', 'schedule-zone', 'name']);
  expect(fieldOfIssue({ path: 'schedule.type', message: '' })).toEqual(['schedule']);
});
