import { describe, expect, test } from 'vitest';
import { freshness, targetText } from './freshness-bar.tsx';
import { bulletPlot } from './limit-bullet.tsx';
import { gridValues, metricPlot, placeMarks } from './metric-chart.tsx';
import { plotOf } from './sparkline.tsx';
import { tickHeight, ticksLabel } from './ticks.tsx';

describe('sparkline', () => {
  test('the last point is outside when it leaves the band', () => {
    expect(plotOf([10, 11, 3], 8, 12, 96, 28)?.isOutside).toBe(true);
    expect(plotOf([10, 11, 9], 8, 12, 96, 28)?.isOutside).toBe(false);
  });
  test('gaps are stepped over and a series without values draws nothing', () => {
    expect(plotOf([1, null, 2], null, null, 96, 28)?.points.split(' ')).toHaveLength(2);
    expect(plotOf([null, null], null, null, 96, 28)).toBeNull();
  });
  test('one value alone is known as such: it is not drawn', () => {
    expect(plotOf([null, 5], null, null, 96, 28)?.isSingle).toBe(true);
    expect(plotOf([4, 5], null, null, 96, 28)?.isSingle).toBe(false);
  });
});

describe('metric chart', () => {
  const point = (value: number | null) => ({ at: 0, value, low: null, high: null, state: 'ok' as const });
  test('the grid stands at round numbers', () => {
    expect(gridValues(57.2, 103.8)).toEqual([60, 80, 100]);
    expect(gridValues(0, 0.7)).toEqual([0, 0.25, 0.5]);
  });
  test('one point stands in the middle, gaps are stepped over, nothing measured draws nothing', () => {
    expect(metricPlot([point(5)])?.last).toMatchObject({ x: 50, y: 50 });
    expect(metricPlot([point(1), point(null), point(3)])?.line.split(' ')).toHaveLength(2);
    expect(metricPlot([point(null)])).toBeNull();
  });
  test('the last value is written on the side that the line does not come from', () => {
    expect(metricPlot([point(9), point(5)])?.last.isBelow).toBe(true);
    expect(metricPlot([point(5), point(null), point(9)])?.last.isBelow).toBe(false);
    expect(metricPlot([point(5)])?.last.isBelow).toBe(false);
  });
});

describe('limit bullet', () => {
  test('the zone lies between the limits, an open end runs to the edge', () => {
    expect(bulletPlot(61, 95, null).zone.to).toBe(100);
    const { zone, dot } = bulletPlot(50, 0, 100);
    expect(dot).toBeGreaterThan(zone.from);
    expect(dot).toBeLessThan(zone.to);
  });
});

describe('ticks', () => {
  test('height is duration against the median, capped at twice', () => {
    expect([1000, 500, 9000, null].map((duration) => tickHeight(duration, 1000))).toEqual([10, 5, 20, 10]);
  });
  test('the label counts each result', () => {
    const ticks = (['ok', 'ok', 'fail'] as const).map((kind) => ({ kind, durationMs: 1 }));
    expect(ticksLabel(ticks)).toBe('Last 3 syncs: 2 succeeded, 1 failed');
  });
});

describe('freshness', () => {
  test('within the target the bar ends before the notch', () => {
    expect(freshness(60 * 60_000, 120)).toEqual({ within: 31, over: 0 });
  });
  test('beyond it the overrun follows the notch and stops at the end', () => {
    expect(freshness(160 * 60_000, 120)).toEqual({ within: 62, over: 20.7 });
    expect(freshness(9_999 * 60_000, 120)).toEqual({ within: 62, over: 38 });
  });
  test('targets in their largest whole unit', () => {
    expect([90, 120, 26 * 60, 4320].map(targetText)).toEqual(['90m', '2h', '26h', '3d']);
  });
});

test('marks stand at the first point from their time on, and older ones are left out', () => {
  const points = [0, 1, 2, 3, 4].map((day) => ({
    at: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
    value: day,
    low: null,
    high: null,
    state: 'ok' as const,
  }));
  const marks = [
    { at: '2026-01-02T12:00:00Z', text: 'INC-2' },
    { at: '2025-12-01T00:00:00Z', text: 'INC-1' },
    { at: '2026-02-01T00:00:00Z', text: 'INC-3' },
  ];
  expect(placeMarks(points, marks)).toEqual([{ x: 50, text: 'INC-2' }]);
});
