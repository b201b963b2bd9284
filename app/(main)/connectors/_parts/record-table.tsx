'use client';

import { useMemo } from 'react';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { useRowsInView } from './use-rows-in-view.ts';

const ROW_PX = 27;
/** Records that are looked at for the names of the columns. */
const LOOKED_AT = 200;
const MOST_COLUMNS = 60;
const LONGEST = 200;

export interface ShownRecord {
  readonly record: JsonObject;
  readonly raw: JsonObject | undefined;
  readonly slice: string;
  readonly page: number;
  readonly row: number;
}

interface Props {
  readonly records: readonly ShownRecord[];
  /** Shows one of them alone. */
  readonly onOpen: (index: number) => void;
}

/** All records by their fields; only what is on the screen is drawn. */
export function RecordTable({ records, onOpen }: Props) {
  const columns = useMemo(
    () => [...new Set(records.slice(0, LOOKED_AT).flatMap(({ record }) => Object.keys(record)))].slice(0, MOST_COLUMNS),
    [records],
  );
  const { from, to, above, below, onScroll } = useRowsInView(records.length, ROW_PX);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="scroll records" aria-label="All records" tabIndex={0} onScroll={onScroll}>
      <table className="tight rec" aria-rowcount={records.length + 1}>
        <thead>
          <tr>
            <th>#</th>
            {columns.map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Space px={above} columns={columns.length + 1} />}
          {records.slice(from, to).map(({ record }, offset) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a record is its place
            <tr key={from + offset} aria-rowindex={from + offset + 2} style={{ height: ROW_PX }}>
              <td className="num">
                <button
                  type="button"
                  className="link"
                  aria-label={`Record ${from + offset + 1}`}
                  onClick={() => onOpen(from + offset)}
                >
                  {from + offset + 1}
                </button>
              </td>
              {columns.map((name) => (
                <td key={name} className="mono">
                  <Cell value={record[name]} />
                </td>
              ))}
            </tr>
          ))}
          {below > 0 && <Space px={below} columns={columns.length + 1} />}
        </tbody>
      </table>
    </section>
  );
}

/** Stands for the rows that are not drawn. */
function Space({ px, columns }: { px: number; columns: number }) {
  return (
    <tr style={{ height: px }}>
      <td colSpan={columns} />
    </tr>
  );
}

function Cell({ value }: { value: JsonValue | undefined }) {
  if (value === undefined) return <span className="faint">—</span>;
  if (value === null) return <span className="faint">null</span>;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
