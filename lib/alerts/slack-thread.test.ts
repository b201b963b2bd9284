import { expect, test } from 'vitest';
import { messageError } from '#tests/harness/slack-limits.ts';
import { parentOf } from './slack-thread.ts';

test('a message about several held loads has a button for each, which Slack can tell apart', () => {
  const incidents = [7, 8].map((id) => ({
    ...{
      id,
      status: 'open' as const,
      seen: 1,
      acknowledgedBy: null,
      snoozedUntil: null,
      resolvedBy: null,
      releasedBy: null,
    },
    ...{ held: { syncId: id, rows: 10 }, timeZone: 'UTC' },
  }));
  const message = {
    ...{ state: 'failed', headline: 'Two loads are held', lines: [], link: null, footer: '' },
  } as unknown as Parameters<typeof parentOf>[0]['message'];
  const parent = parentOf({ message, incidentIds: [7, 8], connectionId: null }, incidents, {
    ...{ buttons: true, resolved: null },
  });
  expect(messageError(parent)).toBeNull();
  expect(JSON.stringify(parent)).toContain('Release load 7…');
  expect(JSON.stringify(parent)).toContain('Release load 8…');
});
