'use client';

import { useEffect, useRef, useState } from 'react';
import { api } from '../api.ts';
import { plural } from '../format.ts';
import { Panel } from '../panel.tsx';
import { LogEntry } from './log-entry.tsx';
import { OlderLines } from './older-lines.tsx';
import { LINES_KEPT, type LogLine } from './use-sync.ts';

const LEVELS = ['all', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];
const WORDS: Record<Level, string> = { all: 'All', warn: 'Warnings', error: 'Errors' };
const AT_LEAST: Record<Level, readonly string[] | null> = {
  all: null,
  warn: ['warn', 'error', 'fatal'],
  error: ['error', 'fatal'],
};

interface Props {
  readonly syncId: number;
  readonly lines: readonly LogLine[];
  readonly live: boolean;
  /** All lines of the log are here. */
  readonly isWhole: boolean;
}

/** The log as it grows. It follows the end until someone scrolls up. */
export function LogPanel({ syncId, lines, live, isWhole }: Props) {
  const [search, setSearch] = useState('');
  const [level, setLevel] = useState<Level>('all');
  const wanted = AT_LEAST[level];
  const sought = search.trim().toLowerCase();
  const shown = lines.filter(
    (line) =>
      (wanted === null || wanted.includes(line.level)) &&
      (sought === '' || `${line.stream ?? ''} ${line.message}`.toLowerCase().includes(sought)),
  );
  const hasOlder = lines.length >= LINES_KEPT;
  const box = useFollowedEnd(shown.length);
  return (
    <Panel
      title="Log"
      id="log"
      sub={
        shown.length === lines.length
          ? `${hasOlder ? 'the newest ' : ''}${plural(lines.length, 'line')}`
          : `${shown.length} of ${hasOlder ? 'the newest ' : ''}${plural(lines.length, 'line')}`
      }
      side={
        <>
          <input
            className="input quiet log-search"
            type="search"
            placeholder="Search the log"
            aria-label="Search the log"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <a className="btn s" href={api.url(`/syncs/${syncId}/log.txt`)} download>
            Download
          </a>
          {/* biome-ignore lint/a11y/useSemanticElements: a segmented control, not a fieldset */}
          <div className="seg" role="group" aria-label="Lines to show">
            {LEVELS.map((choice) => (
              <button key={choice} type="button" aria-pressed={level === choice} onClick={() => setLevel(choice)}>
                {WORDS[choice]}
              </button>
            ))}
          </div>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <div className="log" ref={box} role="log" aria-live="off" aria-label="Log lines" tabIndex={0}>
        {hasOlder && (
          // Another search begins at the newest again.
          <OlderLines
            key={`${syncId} ${sought} ${level}`}
            {...{ syncId, sought, levels: wanted, oldest: lines[0]?.id ?? 0 }}
          />
        )}
        {shown.map((line) => (
          <LogEntry key={line.id} line={line} />
        ))}
        {shown.length === 0 && !hasOlder && (
          <p className="empty">
            {lines.length > 0
              ? 'No line fits.'
              : live
                ? 'Nothing yet.'
                : !isWhole
                  ? 'Reading the log.'
                  : 'Nothing was logged, or the log is older than the workspace keeps it.'}
          </p>
        )}
      </div>
    </Panel>
  );
}

const NEAR_END_PX = 40;

function useFollowedEnd(length: number) {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onScroll = () => {
      follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    };
    element.addEventListener('scroll', onScroll);
    return () => element.removeEventListener('scroll', onScroll);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when lines were added
  useEffect(() => {
    if (follows.current) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [length]);
  return box;
}
