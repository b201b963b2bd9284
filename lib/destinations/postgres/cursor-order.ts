import type { Column } from '#lib/records/index.ts';
import { quote } from './identifier.ts';

/** How rows of one key are told apart by their cursor, as SQL. */
export interface CursorOrder {
  /** For ORDER BY over the rows of `relation`: the highest cursor first, rows without one last. */
  newestFirst(relation: string): string;
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
      newestFirst: () => `${column} desc nulls last`,
      notOlder: (a, b) => `(${b}.${column} is null or ${a}.${column} >= ${b}.${column})`,
    };
  return {
    newestFirst: (relation) => uniformOrder(column, relation),
    notOlder: (a, b) => {
      const [left, right] = [`${a}.${column}`, `${b}.${column}`];
      return `(case when ${areAlike(left, right)} then ${left} collate "C" >= ${right} collate "C"
        else (${textOrder(left).join(', ')}) >= (${textOrder(right).join(', ')}) end)`;
    },
  };
}

/** Texts with the same signs at the same places, but for digits, compare as their bytes do: reading each would cost many times more. */
function shapeOf(text: string): string {
  return `translate(${text}, '0123456789', '9999999999')`;
}

/** But for a minus in front, and zones: those must be the same. */
function areAlike(a: string, b: string): string {
  return `${shapeOf(a)} = ${shapeOf(b)} and left(${a}, 1) <> '-'
    and (right(${a}, 6) = right(${b}, 6) or ${hasNoZone(shapeOf(a))})`;
}

function hasNoZone(shape: string): string {
  return `(strpos(substr(${shape}, 11), '+') = 0 and strpos(substr(${shape}, 11), '-') = 0)`;
}

/** It is looked once whether all texts of the relation are alike, as those of one source nearly always are. */
function uniformOrder(column: string, relation: string): string {
  const [lowest, highest] = ['min', 'max'].map((of) => `${of}(${shapeOf(column)} collate "C")`);
  const alike = `(select coalesce(${lowest} = ${highest} and min(left(${column}, 1)) <> '-'
    and (min(right(${column}, 6)) = max(right(${column}, 6)) or ${hasNoZone(`${lowest}`)}), true) from ${relation})`;
  const asBytes = `row(case when ${column} is null then 0 else 1 end, 0::numeric, coalesce(${column}, '') collate "C")`;
  return `(case when ${alike} then ${asBytes} else row(${textOrder(column).join(', ')}) end) desc`;
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
