'use client';

import { useNow, useTimeZone } from '../clock.tsx';
import { formatTime, type Instant, millis } from '../format.ts';
import { type State, stateClass } from '../states.ts';

export interface MetricPoint {
  readonly at: Instant;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** What was predicted, drawn as a thin line. */
  readonly expected?: number | null;
  readonly state: State;
}

export interface MetricMark {
  readonly at: Instant;
  readonly text: string;
}

interface MetricChartProps {
  /** Oldest first. */
  readonly points: readonly MetricPoint[];
  readonly format: (value: number) => string;
  /** What happened meanwhile: a line with a word, at the first point from then on. */
  readonly marks?: readonly MetricMark[];
  readonly label: string;
  readonly height?: number;
}

/** A measured value over its runs: the allowed band, dashed limits, and the last value written beside its point. */
export function MetricChart({ points, format, marks = [], label, height = 204 }: MetricChartProps) {
  const now = useNow();
  const timeZone = useTimeZone();
  const plot = metricPlot(points);
  if (!plot) return <p className="empty">Nothing was measured yet.</p>;
  const { grid, band, line, prediction, limits, last } = plot;
  const [first, end] = [points[0], points.at(-1)];
  const placed = placeMarks(points, marks);
  return (
    <div className="chart" style={{ '--h': `${height}px` } as React.CSSProperties} role="img" aria-label={label}>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        {grid.map(({ y }) => (
          <line key={y} className="grid" x1="0" x2="100" y1={y} y2={y} />
        ))}
        {band && <polygon className="band" points={band} />}
        {placed.map(({ x, text }) => (
          <line key={text} className="ann" x1={x} x2={x} y1="0" y2="100" />
        ))}
        {limits.map(({ y }) => (
          <line key={y} className="lim" x1="0" x2="100" y1={y} y2={y} />
        ))}
        {prediction && <polyline className="ln pred" points={prediction} />}
        <polyline className="ln" style={{ strokeWidth: 1.5, stroke: 'var(--fg)' }} points={line} />
      </svg>
      {grid.map(({ y, value }) => (
        <span key={y} className="lb y" style={{ top: `${y}%` }}>
          {format(value)}
        </span>
      ))}
      {first && (
        <span className={`lb x ${end === first ? '' : 'first'}`} style={{ left: end === first ? '50%' : 0 }}>
          {formatTime(first.at, now, timeZone)}
        </span>
      )}
      {end && points.length > 1 && (
        <span className="lb x last" style={{ left: '100%' }}>
          {formatTime(end.at, now, timeZone)}
        </span>
      )}
      {placed.map(({ x, text }) => (
        <span key={text} className="lb an" style={{ left: `${x}%`, top: '-8px' }}>
          {text}
        </span>
      ))}
      <LastPoint {...last} text={format(last.value)} />
    </div>
  );
}

interface LastPointProps {
  readonly x: number;
  readonly y: number;
  /** Its value is written below it, since the line comes from above. */
  readonly isBelow: boolean;
  readonly state: State;
  readonly text: string;
}

function LastPoint({ x, y, isBelow, state, text }: LastPointProps) {
  const bad = state !== 'ok';
  return (
    <>
      <span className={`dot ${stateClass(state)} ${bad ? 'x' : ''}`} style={{ left: `${x}%`, top: `${y}%` }} />
      <span
        className={`lb ${bad ? `${stateClass(state)} bad` : ''}`}
        style={{ right: `${100 - x + 1.5}%`, top: `calc(${y}% ${isBelow ? '+ 3px' : '- 18px'})` }}
      >
        {text}
      </span>
    </>
  );
}

/** Everything in percent of the plot, from its top left. Null when nothing was measured. */
export function metricPlot(points: readonly MetricPoint[]) {
  const known = points.flatMap((point, index) =>
    point.value === null ? [] : [{ ...point, value: point.value, index }],
  );
  const end = known.at(-1);
  if (!end) return null;
  const range = rangeOf(known);
  const x = (index: number) => round(points.length === 1 ? 50 : (index / (points.length - 1)) * 100);
  const y = (value: number) => round(100 - ((value - range.least) / (range.most - range.least)) * 100);
  const banded = known.filter(({ low, high }) => low !== null && high !== null);
  const predicted = known.flatMap(({ index, expected }) => (expected == null ? [] : [`${x(index)},${y(expected)}`]));
  const low = end.low === null ? [] : [end.low];
  const high = end.high === null ? [] : [end.high];
  return {
    grid: gridValues(range.least, range.most).map((value) => ({ value, y: y(value) })),
    band: banded.length < 2 ? null : bandPoints(banded, x, y),
    limits: banded.length < 2 ? [...low, ...high].map((value) => ({ y: y(value) })) : [],
    prediction: predicted.length < 2 ? null : predicted.join(' '),
    line: known.map(({ index, value }) => `${x(index)},${y(value)}`).join(' '),
    last: {
      ...{ x: x(end.index), y: y(end.value), value: end.value, state: end.state },
      isBelow: (known.at(-2)?.value ?? end.value) > end.value,
    },
  };
}

/** The newest few marks within the points, each at the first point from its time on. */
export function placeMarks(
  points: readonly MetricPoint[],
  marks: readonly MetricMark[],
): { x: number; text: string }[] {
  const begin = points[0] ? millis(points[0].at) : Number.POSITIVE_INFINITY;
  const placed = marks
    .filter(({ at }) => millis(at) >= begin)
    .map(({ at, text }) => ({ index: points.findIndex((point) => millis(point.at) >= millis(at)), text }))
    .filter(({ index }) => index >= 0);
  return placed.slice(0, MOST_MARKS).map(({ index, text }) => ({
    x: round(points.length === 1 ? 50 : (index / (points.length - 1)) * 100),
    text,
  }));
}

const MOST_MARKS = 3;

type Known = MetricPoint & { readonly value: number; readonly index: number };

function bandPoints(banded: readonly Known[], x: (index: number) => number, y: (value: number) => number): string {
  const upper = banded.map(({ index, high }) => `${x(index)},${y(high ?? 0)}`);
  const lower = banded.toReversed().map(({ index, low }) => `${x(index)},${y(low ?? 0)}`);
  return [...upper, ...lower].join(' ');
}

function rangeOf(known: readonly Known[]): { least: number; most: number } {
  const all = known.flatMap(({ value, low, high }) => [value, low, high]).filter((value) => value !== null);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const margin = (most - least || Math.abs(most) || 1) * 0.1;
  return { least: least - margin, most: most + margin };
}

/** Round numbers inside the range, about three of them. */
export function gridValues(least: number, most: number): number[] {
  const rough = (most - least) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(least / step);
  const count = Math.floor(most / step) - first + 1;
  return Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
