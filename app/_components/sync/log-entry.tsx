'use client';

import { TimeAt } from '../clock.tsx';
import type { LogLine } from './use-sync.ts';

/** One line of a log. */
export function LogEntry({ line }: { line: LogLine }) {
  return (
    <div className={line.level}>
      <TimeAt at={line.at} seconds />
      <span className="lv">{line.level}</span>
      <span className="m">
        {line.stream && <span className="src">{line.stream}: </span>}
        {line.message}
      </span>
    </div>
  );
}
