'use client';

import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';
import { formatClock, formatRelative, formatStamp, formatTime, type Instant } from './format.ts';

interface Clock {
  /** When the server drew the page: the first drawing in the browser must show the same. */
  readonly drawnAt: number;
  readonly timeZone: string;
}

const ClockContext = createContext<Clock>({ drawnAt: 0, timeZone: 'UTC' });

/** Gives all times below the workspace's zone and one shared tick. */
export function ClockProvider({ children, ...clock }: Clock & { children: ReactNode }) {
  return <ClockContext value={clock}>{children}</ClockContext>;
}

export function useTimeZone(): string {
  return useContext(ClockContext).timeZone;
}

/** The present in ms, moving once a second; at first the server's, so that nothing jumps. */
export function useNow(): number {
  const { drawnAt } = useContext(ClockContext);
  return useSyncExternalStore(subscribe, currentSecond, () => drawnAt);
}

let second = 0;
function currentSecond(): number {
  second ||= Math.floor(Date.now() / 1000) * 1000;
  return second;
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  second = Math.floor(Date.now() / 1000) * 1000;
  for (const listener of listeners) listener();
}

/** `1h 38m ago` or `in 17m`, with the whole stamp in the title. */
export function TimeAgo({ at, missing = '—' }: { at: Instant | null | undefined; missing?: string }) {
  const now = useNow();
  const timeZone = useTimeZone();
  if (at === null || at === undefined) return <>{missing}</>;
  return (
    <time dateTime={new Date(at).toISOString()} title={formatStamp(at, timeZone)} className="nowrap">
      {formatRelative(at, now)}
    </time>
  );
}

interface TimeAtProps {
  readonly at: Instant | null | undefined;
  readonly seconds?: boolean;
  /** Named beside it, where it is another than the workspace's. */
  readonly inZone?: string;
}

/** `06:03`, or `23 Nov 23:30` on another day; `seconds` for what runs now and for logs. */
export function TimeAt({ at, seconds = false, inZone }: TimeAtProps) {
  const now = useNow();
  const own = useTimeZone();
  const timeZone = inZone ?? own;
  if (at === null || at === undefined) return <>—</>;
  return (
    <time dateTime={new Date(at).toISOString()} title={formatStamp(at, timeZone)} className="nowrap">
      {seconds ? formatClock(at, timeZone) : formatTime(at, now, timeZone)}
      {timeZone !== own && ` ${timeZone}`}
    </time>
  );
}
