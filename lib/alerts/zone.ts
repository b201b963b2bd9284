import type { Db } from '#lib/db/connect.ts';

/** `2026-07-01 08:00 Europe/Berlin`: as the people who are told read their clocks. @param timeZone an IANA name */
export function stampIn(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit' },
  }).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${timeZone}`;
}

/** The zone that the workspace reads times in. */
export async function zoneOf(db: Db, workspaceId: string): Promise<string> {
  const row = await db.selectFrom('workspace').select('time_zone').where('id', '=', workspaceId).executeTakeFirst();
  return row?.time_zone ?? 'UTC';
}
