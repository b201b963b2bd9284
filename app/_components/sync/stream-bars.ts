import type { Bar } from '../charts/waterfall.tsx';
import { formatCount, formatDuration, millis } from '../format.ts';
import type { Sync } from './use-sync.ts';

type Stream = Sync['streams'][number];

/** Of a stream's time, that its bad end takes at least. */
const LEAST_END = 0.15;

/** The bars of one stream, in milliseconds from the sync's start: what it waited for once that is known, else the whole of it. */
export function streamBars(stream: Stream, startMs: number, endMs: number, from: number): Bar[] {
  const title = `${formatCount(stream.read)} read, ${formatCount(stream.written)} staged`;
  const isHeld = stream.status === 'held';
  if (isHeld || stream.status === 'failed') {
    const known = stream.phases ? phaseBars(stream.phases, startMs) : [];
    // What it did stands before the end that it came to, which has to be seen however short it was.
    const leastMs = (endMs - startMs) * LEAST_END;
    const from = Math.min(Math.max(startMs, known.at(-1)?.endMs ?? startMs), endMs - leastMs);
    const before = known
      .filter((bar) => bar.startMs < from)
      .map((bar) => ({ ...bar, endMs: Math.min(bar.endMs, from) }));
    return [...before, { kind: isHeld ? 'held' : 'err', startMs: from, endMs, title }];
  }
  if (stream.phases) return phaseBars(stream.phases, startMs);
  const publishedMs = stream.publishedAt === null ? null : millis(stream.publishedAt) - from;
  const published: Bar[] =
    publishedMs === null
      ? []
      : [{ kind: 'publish', startMs: Math.max(startMs, publishedMs - 1), endMs: publishedMs, title: 'Published' }];
  return [{ kind: 'req', startMs, endMs, title }, ...published];
}

/** Reading and staging take turns, page by page: each is drawn as the sum of its turns. */
function phaseBars(phases: NonNullable<Stream['phases']>, startMs: number): Bar[] {
  let at = startMs;
  const parts = [
    ['extract', phases.extractMs, 'waited for the source and its parsing'],
    ['stage', phases.stageMs, 'waited for the destination to take rows'],
    ['check', phases.checkMs, 'checked before readers see it'],
    ['publish', phases.publishMs, 'published'],
  ] as const;
  return parts.flatMap(([kind, ms, words]) => {
    if (ms === 0) return [];
    const bar = { kind, startMs: at, endMs: at + ms, title: `${formatDuration(ms)} ${words}` };
    at += ms;
    return [bar];
  });
}

/** `82% waiting for the source`: the phase that took more than half of a stream's time; null where none did. */
export function slowestPhase(phases: Stream['phases']): string | null {
  if (!phases) return null;
  const { extractMs, stageMs, checkMs, publishMs } = phases;
  const all = extractMs + stageMs + checkMs + publishMs;
  const found = (
    [
      ['the source', extractMs],
      ['the destination', stageMs + publishMs],
      ['its checks', checkMs],
    ] as const
  ).find(([, ms]) => ms > all / 2);
  return found && all > 0 ? `${Math.round((found[1] / all) * 100)}% waiting for ${found[0]}` : null;
}
