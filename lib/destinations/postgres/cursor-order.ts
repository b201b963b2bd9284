import type { Column } from '#lib/records/index.ts';
import { quote } from './identifier.ts';

/** How rows of one key are told apart by their cursor, as SQL. */
export interface CursorOrder {
  /** For ORDER BY: the highest cursor first, rows without one last. */
  readonly newestFirst: string;
  /** Whether the cursor of the row called `a` is as high as that of `b`, or higher. */
  notOlder(a: string, b: string): string;
}

const NUMBER = `'^[+-]?[0-9]{1,100}([.][0-9]{1,100})?$'`;
const INSTANT = `'^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,30})?)?( ?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?))?)?$'`;

/**
 * Typed columns compare as the database compares them. Texts compare as what they say: numbers as numbers, ISO 8601 as instants (UTC
 * where they name no zone), all else byte by byte, whatever the database's collation; 10 is above 9, and 10:00+07:00 below 05:00Z.
 */
export function cursorOrder({ name, type }: Column): CursorOrder {
  const column = quote(name);
  if (type !== 'string')
    return {
      newestFirst: `${column} desc nulls last`,
      notOlder: (a, b) => `(${b}.${column} is null or ${a}.${column} >= ${b}.${column})`,
    };
  return {
    newestFirst: textOrder(column)
      .map((sql) => `${sql} desc`)
      .join(', '),
    notOlder: (a, b) => {
      const [left, right] = [a, b].map((row) => textOrder(`${row}.${column}`).join(', '));
      return `((${left}) >= (${right}))`;
    },
  };
}

/** None of them is ever null, and none fails, whatever the text. */
function textOrder(text: string): string[] {
  const isNumber = `${text} ~ ${NUMBER}`;
  const isInstant = `${text} ~ ${INSTANT}`;
  return [
    `case when ${text} is null then 0 when ${isNumber} then 1 when ${isInstant} then 2 else 3 end`,
    `case when ${isNumber} then ${text}::numeric when ${isInstant} then ${secondsOf(text)} else 0 end`,
    `case when ${isNumber} or ${isInstant} then '' else coalesce(${text}, '') end collate "C"`,
  ];
}

/** Counted by hand, since 30 February would end a cast, and digits beyond microseconds tell rows apart. */
function secondsOf(text: string): string {
  const part = (from: number, length: number) => `coalesce(nullif(substr(${text}, ${from}, ${length}), ''), '0')::int`;
  const months = `${part(1, 4)} * 12 + ${part(6, 2)} - 1 - 24000`;
  const days = `((timestamp '2000-01-01' + make_interval(months => ${months}, days => ${part(9, 2)} - 1))::date - date '2000-01-01')`;
  const seconds = `coalesce(replace(substring(${text} from '^.{16}:([0-9]{2}([.,][0-9]+)?)'), ',', '.'), '0')::numeric`;
  const zone = `rpad(replace(substring(${text} from '^.{16}.*([+-][0-9]{2}(:?[0-9]{2})?)$'), ':', ''), 5, '0')`;
  const offset = `coalesce((substr(${zone}, 1, 1) || '1')::int * (substr(${zone}, 2, 2)::int * 3600 + substr(${zone}, 4, 2)::int * 60), 0)`;
  return `(${days}::numeric * 86400 + ${part(12, 2)} * 3600 + ${part(15, 2)} * 60 + ${seconds} - ${offset})`;
}
