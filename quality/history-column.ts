import type { TableColumn } from './engine.ts';

/** Names of times at which what a row tells of came to be; those of changes say nothing of when a row was first there. */
const SINCE_WHEN =
  /^(created|inserted|added|occurred|happened|ordered|placed|sold|purchased|paid|measured|recorded|received|emitted|logged|posted|registered|signed_?up|joined|started|event|order|transaction|visit|session|log)(_?(at|on|time|ts|date|day|timestamp|datetime|time_?utc))?$/i;
const PLAIN = /^(time|timestamp|ts|date|datetime|day)$/i;
const TIMES = /^(timestamp|date)/i;

/** The column that tells since when a row has been there, by its name and type; null where none does. */
export function historyColumn(columns: readonly TableColumn[]): string | null {
  const times = columns.filter(({ type }) => TIMES.test(type)).map(({ name }) => name);
  return times.find((name) => SINCE_WHEN.test(name)) ?? times.find((name) => PLAIN.test(name)) ?? null;
}
