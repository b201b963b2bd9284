'use client';

import { useState } from 'react';
import type { OlderLog } from '#lib/sync/older-log.ts';
import { api } from '../api.ts';
import type { Wire } from '../wire.ts';
import { LogEntry } from './log-entry.tsx';
import type { LogLine } from './use-sync.ts';

interface Props {
  readonly syncId: number;
  /** Lower case; empty for every line. */
  readonly sought: string;
  readonly levels: readonly string[] | null;
  /** The oldest line that the page has. */
  readonly oldest: number;
}

/** How far was looked back, from where on, and what was found. */
interface Looked {
  readonly from: number;
  readonly before: number | null;
  readonly found: readonly LogLine[];
}

/** Lines that are older than those of the page, looked for on the service when asked: a step back with each press. */
export function OlderLines({ syncId, sought, levels, oldest }: Props) {
  // While a sync runs the page's oldest line moves on: where to begin is known with the first press.
  const [looked, setLooked] = useState<Looked | null>(null);
  const [isLooking, setLooking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isSearch = sought !== '' || levels !== null;
  const { from, before, found } = looked ?? { from: oldest, before: oldest, found: [] };
  const look = async () => {
    setLooking(true);
    setProblem(null);
    try {
      const query = new URLSearchParams({ before: String(before), search: sought, level: (levels ?? []).join(',') });
      const older = await api.get<Wire<OlderLog>>(`/syncs/${syncId}/log/older?${query}`);
      setLooked({ from, before: older.before, found: [...older.lines, ...found] });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setLooking(false);
  };
  return (
    <>
      <p className="empty">
        {before === null ? (
          'The beginning of the log.'
        ) : (
          <button type="button" className="btn s" disabled={isLooking} onClick={() => void look()}>
            {isSearch ? 'Search older lines' : 'Show older lines'}
          </button>
        )}
        {problem && <span role="alert"> {problem}</span>}
      </p>
      {found.map((line) => (
        <LogEntry key={line.id} line={line} />
      ))}
      {from !== oldest && (
        <p className="empty">
          Lines that came and went meanwhile are not shown here.{' '}
          <button type="button" className="btn s" onClick={() => setLooked(null)}>
            Begin at the newest again
          </button>
        </p>
      )}
    </>
  );
}
