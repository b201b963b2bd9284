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

/** Lines that are older than those of the page, looked for on the service when asked: a step back with each press. */
export function OlderLines({ syncId, sought, levels, oldest }: Props) {
  const [found, setFound] = useState<readonly LogLine[]>([]);
  const [before, setBefore] = useState<number | null>(oldest);
  const [isLooking, setLooking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const isSearch = sought !== '' || levels !== null;
  const look = async () => {
    setLooking(true);
    setProblem(null);
    try {
      const query = new URLSearchParams({ before: String(before), search: sought, level: (levels ?? []).join(',') });
      const older = await api.get<Wire<OlderLog>>(`/syncs/${syncId}/log/older?${query}`);
      setFound((lines) => [...older.lines, ...lines]);
      setBefore(older.before);
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
    </>
  );
}
