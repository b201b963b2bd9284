import { expect, test } from 'vitest';
import { slowestPhase, streamBars } from './stream-bars.ts';
import type { Sync } from './use-sync.ts';

type Stream = Sync['streams'][number];

const stream = {
  ...{ name: 'orders', namespace: '', status: 'published', read: 10, filtered: 0, quarantined: 0, written: 10 },
  ...{ bytes: 1, pages: 1, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:02Z' },
  ...{ publishedAt: '2026-01-01T00:00:02Z', failure: null, phases: null },
  ...{ decision: null, decidedBy: null, decidedAt: null, decisionReason: null },
} as Stream;

test('phases follow each other from the start of the stream; empty ones are left out', () => {
  const phases = { extractMs: 600, stageMs: 300, checkMs: 0, publishMs: 100 };
  const bars = streamBars({ ...stream, phases }, 1_000, 2_000, 0);
  expect(bars.map(({ kind, startMs, endMs }) => [kind, startMs, endMs])).toEqual([
    ['extract', 1_000, 1_600],
    ['stage', 1_600, 1_900],
    ['publish', 1_900, 2_000],
  ]);
  expect(slowestPhase(phases)).toBe('60% waiting for the source');
  expect(slowestPhase({ extractMs: 1, stageMs: 1, checkMs: 0, publishMs: 2 })).toBe('75% waiting for the destination');
  expect(slowestPhase({ extractMs: 0, stageMs: 0, checkMs: 0, publishMs: 0 })).toBeNull();
});

test('a stream that is held or failed shows what it did before that; one that runs still is one bar', () => {
  const kinds = (change: Partial<Stream>) => streamBars({ ...stream, ...change }, 0, 10, 0).map(({ kind }) => kind);
  const phases = { extractMs: 4, stageMs: 2, checkMs: 3, publishMs: 0 };
  expect(kinds({ status: 'failed' })).toEqual(['err']);
  expect(kinds({ status: 'held', phases })).toEqual(['extract', 'stage', 'check', 'held']);
  const [, , check, held] = streamBars({ ...stream, status: 'held', phases }, 0, 10, 0);
  expect([check?.endMs, held?.startMs, held?.endMs]).toEqual([8.5, 8.5, 10]);
  expect(kinds({ status: 'held' })).toEqual(['held']);
  expect(kinds({ status: 'running', publishedAt: null })).toEqual(['req']);
});
