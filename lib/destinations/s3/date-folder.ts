import type { Granularity } from './config.ts';

/** What readers of Hive's folders take for null. */
export const NO_DATE = '__HIVE_DEFAULT_PARTITION__';
/** As column types spell instants. */
const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):\d\d(?:\.\d+)?(?:Z|([+-])(\d\d):?(\d\d)?)$/;
const SHORTENED: Readonly<Record<Granularity, number>> = { year: 1, month: 2, day: 3, hour: 4 };

/** The folder's value for an instant, in UTC: `2026-11-25`. */
export function dateFolder(instant: string, granularity: Granularity): string {
  const match = INSTANT.exec(instant);
  if (match === null) return NO_DATE;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1, 6).map(Number);
  const sign = match[6] === '-' ? -1 : 1;
  const offset = sign * (60 * Number(match[7] ?? 0) + Number(match[8] ?? 0));
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute - offset);
  // A zone may carry it out of the years that readers of dates know.
  if (at.getUTCFullYear() < 1 || at.getUTCFullYear() > 9999) return NO_DATE;
  const parts = [at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours()].map((part) => String(part).padStart(2, '0'));
  return [String(at.getUTCFullYear()).padStart(4, '0'), ...parts].slice(0, SHORTENED[granularity]).join('-');
}
