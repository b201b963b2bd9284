'use client';

import { useNow } from '../clock.tsx';
import { formatAge, type Instant, millis } from '../format.ts';

/** Where the target's notch stands, in percent of the bar. */
const TARGET_AT = 62;

/** How old the data is against its target. Without a target there is no bar; without data it says so. */
export function FreshnessBar({
  dataAsOf,
  targetMinutes,
  failing = false,
}: {
  dataAsOf: Instant | null;
  targetMinutes: number | null;
  failing?: boolean;
}) {
  const now = useNow();
  if (dataAsOf === null) return <span className="muted">no data yet</span>;
  const ageMs = now - millis(dataAsOf);
  if (targetMinutes === null) {
    return (
      <span className="num nowrap">
        {formatAge(ageMs)} <span className="faint small">no target</span>
      </span>
    );
  }
  const { within, over } = freshness(ageMs, targetMinutes);
  const state = over === 0 ? 's-ok' : failing ? 's-fail' : 's-late';
  return (
    <div className={`fresh ${state}`}>
      <span className="num nowrap">
        <span className={over > 0 ? 'bad' : ''}>{formatAge(ageMs)}</span>{' '}
        <span className="faint small">of {targetText(targetMinutes)}</span>
      </span>
      <span className="bar" aria-hidden="true">
        <b style={{ width: `${within}%` }} />
        {over > 0 && <u style={{ left: `${TARGET_AT}%`, width: `${over}%` }} />}
        <s style={{ left: `${TARGET_AT}%` }} />
      </span>
    </div>
  );
}

/** Widths in percent: up to the notch at the target, and beyond it as the overrun. */
export function freshness(ageMs: number, targetMinutes: number): { within: number; over: number } {
  const share = ageMs / (targetMinutes * 60_000);
  const within = Math.round(Math.min(1, Math.max(0, share)) * TARGET_AT * 10) / 10;
  const over = Math.round(Math.min(100 - TARGET_AT, Math.max(0, share - 1) * TARGET_AT) * 10) / 10;
  return { within, over };
}

/** `90m`, `6h`, `26h`, `3d`. */
export function targetText(minutes: number): string {
  if (minutes >= 72 * 60 && minutes % (24 * 60) === 0) return `${minutes / (24 * 60)}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
