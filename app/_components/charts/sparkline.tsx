import { type State, stateClass } from '../states.ts';

const INSET = 3;

export interface SparklineProps {
  /** Oldest first; null where there is no value. */
  readonly values: readonly (number | null)[];
  readonly low?: number | null;
  readonly high?: number | null;
  readonly width?: number;
  readonly height?: number;
  /** The state of the last point when it lies outside the band. */
  readonly outside?: State;
  readonly label: string;
}

/** A line with the band of what is expected; the last point takes a colour only outside of it. One value draws none: it says no more than its number. */
export function Sparkline({
  values,
  low = null,
  high = null,
  width = 96,
  height = 28,
  outside,
  label,
}: SparklineProps) {
  const plot = plotOf(values, low, high, width, height);
  if (!plot) return <span className="faint">—</span>;
  if (plot.isSingle) return null;
  const { points, band, last, isOutside } = plot;
  return (
    <svg
      className={`spark ${isOutside && outside ? stateClass(outside) : ''}`}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {band && <rect className="band" x={INSET} width={width - 2 * INSET} y={band.top} height={band.height} />}
      <polyline className="ln" points={points} />
      <circle className="pt" cx={last.x} cy={last.y} r="3" />
    </svg>
  );
}

/** Where everything goes, in pixels. The axis starts at 0 only if the data goes near it. */
export function plotOf(
  values: readonly (number | null)[],
  low: number | null,
  high: number | null,
  width: number,
  height: number,
) {
  const known = values.flatMap((value, index) => (value === null ? [] : [{ value, index }]));
  const end = known.at(-1);
  if (!end) return null;
  const all = [...known.map(({ value }) => value), ...(low === null ? [] : [low]), ...(high === null ? [] : [high])];
  const most = Math.max(...all);
  const least = Math.min(...all) < most / 2 ? Math.min(0, ...all) : Math.min(...all);
  const x = (index: number) => round(INSET + (index / Math.max(1, values.length - 1)) * (width - 2 * INSET));
  const y = (value: number) => round(height - INSET - share(value, least, most) * (height - 2 * INSET));
  const band = low === null || high === null ? null : { top: y(high), height: Math.max(2, round(y(low) - y(high))) };
  return {
    points: known.map(({ value, index }) => `${x(index)},${y(value)}`).join(' '),
    band,
    last: { x: x(end.index), y: y(end.value) },
    isSingle: known.length === 1,
    isOutside: (low !== null && end.value < low) || (high !== null && end.value > high),
  };
}

function share(value: number, least: number, most: number): number {
  return most === least ? 0.5 : (value - least) / (most - least);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
