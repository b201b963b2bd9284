import { plural } from '../format.ts';

export type TickKind = 'ok' | 'warn' | 'fail' | 'block' | 'run' | 'off';

export interface Tick {
  readonly kind: TickKind;
  readonly durationMs: number | null;
}

const SLOT = 5;
const WIDTH = 3.5;
const HEIGHT = 20;
const WORDS: Record<TickKind, string> = {
  ok: 'succeeded',
  warn: 'with warnings',
  fail: 'failed',
  block: 'blocked',
  run: 'running',
  off: 'skipped or cancelled',
};

/** The last syncs, oldest left: height is duration against the median, shape and colour are the result. */
export function Ticks({ ticks, medianMs }: { ticks: readonly Tick[]; medianMs: number | null }) {
  const label = ticksLabel(ticks);
  const width = Math.max(1, ticks.length) * SLOT - 1;
  return (
    <svg
      className="ticks"
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {ticks.map((tick, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a tick is its place
        <TickMark key={index} tick={tick} x={index * SLOT} medianMs={medianMs} />
      ))}
    </svg>
  );
}

/** `Last 20 syncs: 18 succeeded, 2 failed`. */
export function ticksLabel(ticks: readonly Tick[]): string {
  const counts = new Map<TickKind, number>();
  for (const { kind } of ticks) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const parts = [...counts].map(([kind, count]) => `${count} ${WORDS[kind]}`);
  return `Last ${plural(ticks.length, 'sync')}: ${parts.join(', ') || 'none yet'}`;
}

/** 10 px at the median, capped at twice that, never under 2. */
export function tickHeight(durationMs: number | null, medianMs: number | null): number {
  const ratio = durationMs === null || !medianMs ? 1 : Math.min(2, durationMs / medianMs);
  return Math.max(2, Math.round(ratio * 10 * 10) / 10);
}

function TickMark({ tick, x, medianMs }: { tick: Tick; x: number; medianMs: number | null }) {
  const bar = (y: number, height: number) => (
    <rect className={tick.kind} x={x} y={y} width={WIDTH} height={height} rx="1" />
  );
  const height = tickHeight(tick.durationMs, medianMs);
  switch (tick.kind) {
    case 'fail':
      return (
        <>
          {bar(1, 9)}
          {bar(12, 8)}
        </>
      );
    case 'block':
      return (
        <>
          {bar(4, 16)}
          <rect className="block" x={Math.max(0, x - 0.5)} y={1} width={4.5} height={2} />
        </>
      );
    case 'warn':
      return (
        <>
          {bar(HEIGHT - Math.min(height, 15), Math.min(height, 15))}
          {bar(HEIGHT - Math.min(height, 15) - 4, 2)}
        </>
      );
    case 'off':
      return bar(HEIGHT - 2, 2);
    case 'run':
      return <rect className="run" x={x + 0.5} y={8.5} width={2.5} height={11} rx="1" />;
    case 'ok':
      return bar(HEIGHT - height, height);
  }
}
