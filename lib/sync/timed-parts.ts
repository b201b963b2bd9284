import type { Load } from '#lib/destinations/destination.ts';
import type { ReadEvent, Source } from '#lib/extract/source.ts';
import { type PhaseTimes, timed } from './phase-times.ts';

type Gated = {
  readonly gate?: { onStaged(...input: never): Promise<void>; onPart?(...input: never): Promise<void> };
};

/** What a stream is loaded with, each part saying how long it was waited for. */
export function timedParts<Work extends { readonly source: Source }, Hooks extends Gated>(
  times: PhaseTimes,
  { work, hooks, load }: { work: Work; hooks: Hooks; load: Load },
): [Work, Hooks, Load] {
  const reading = (events: unknown) => times.each('extract', events as AsyncIterable<ReadEvent>);
  const source = timed(work.source, times, {}, { read: reading });
  const gate = hooks.gate && timed(hooks.gate, times, { onStaged: 'check', onPart: 'check' });
  const staged = async (opening: unknown) =>
    timed((await opening) as Awaited<ReturnType<Load['stage']>>, times, {
      ...{ write: 'stage', writeFile: 'stage', checkpoint: 'stage', publish: 'publish' },
    });
  return [{ ...work, source }, { ...hooks, ...(gate && { gate }) }, timed(load, times, {}, { stage: staged })];
}
