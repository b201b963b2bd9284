'use client';

import { memo } from 'react';
import { useTimeZone } from '../clock.tsx';
import { formatClock, formatStamp } from '../format.ts';
import type { LogLine } from './use-sync.ts';

/** One line of a log; it never changes, and there are many. */
export const LogEntry = memo(function LogEntry({ line }: { line: LogLine }) {
  const timeZone = useTimeZone();
  return (
    <div className={line.level}>
      {/* Not of the clock that moves: thousands of lines would be drawn again with each second. */}
      <time dateTime={new Date(line.at).toISOString()} title={formatStamp(line.at, timeZone)} className="nowrap">
        {formatClock(line.at, timeZone)}
      </time>
      <span className="lv">{line.level}</span>
      <span className="m">
        {line.stream && <span className="src">{line.stream}: </span>}
        {line.message}
      </span>
    </div>
  );
});
