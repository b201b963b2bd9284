import { parseAsString, useQueryState } from 'nuqs';
import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { formatCount } from './format.ts';

/** Rows that are drawn before somebody asks for the rest: more take longer than anybody reads. */
const CROWDED = 100;

interface ListFilter<Row> {
  /** As typed; in the address as `q`. */
  readonly q: string;
  readonly found: readonly Row[];
  /** The first of those that were found, or all of them once they were asked for. */
  readonly drawn: readonly Row[];
  readonly bar: ReactNode;
  /** For the foot of the list. */
  readonly more: ReactNode | undefined;
}

/** A search above a list, by the words of its rows. */
export function useListFilter<Row>(
  rows: readonly Row[],
  { wordsOf, label, by }: { wordsOf: (row: Row) => string; label: string; by: string },
): ListFilter<Row> {
  const [q, setQ] = useQueryState('q', parseAsString.withDefault(''));
  const [open, setOpen] = useState(false);
  const wanted = q.trim().toLowerCase();
  const found = rows.filter((row) => wordsOf(row).toLowerCase().includes(wanted));
  const drawn = open ? found : found.slice(0, CROWDED);
  const bar = (
    <div className="toolbar">
      <input
        className="input quiet"
        data-filter
        type="search"
        placeholder={`Filter by ${by}  /`}
        aria-label={label}
        value={q}
        onChange={(event) => void setQ(event.target.value || null)}
      />
    </div>
  );
  const more =
    drawn.length < found.length ? (
      <Button size="s" onClick={() => setOpen(true)}>
        Show all {formatCount(found.length)}
      </Button>
    ) : undefined;
  return { q, found, drawn, bar, more };
}
