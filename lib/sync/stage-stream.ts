import type { StreamState } from '#lib/catalog.ts';
import type { QuarantineLimit } from '#lib/db/schema.ts';
import type { Counts, Published, PublishOptions, Stage } from '#lib/destinations/destination.ts';
import { toFailure, WeirError } from '#lib/errors.ts';
import { killPoint } from '#lib/kill-points.ts';
import type { StreamMapping } from '#lib/records/index.ts';
import { checkpointTimer } from './checkpoint-timer.ts';
import { mapped, type Plan, type PlanEvent } from './plan-stream.ts';
import { assertWithinLimit, limitFor, overLimit, passLimit } from './quarantine-limit.ts';
import type { ReadCounts } from './read-counts.ts';
import type { Recorder } from './recorder.ts';
import type { SyncStream } from './sync-stream.ts';
import type { SyncHooks, SyncWork } from './sync-work.ts';

type ReadPage = Extract<PlanEvent, { type: 'page' }>;

/** A stream on its way into its stage. */
export interface Staging {
  readonly stream: SyncStream;
  readonly plan: Plan;
  readonly mapping: StreamMapping | null;
  readonly stage: Stage;
  readonly counts: ReadCounts;
  readonly from: StreamState | null;
  /** Whether closed slices go to the readers while the sync goes on. */
  readonly publishes: boolean;
  /** Fields that the connection's rule kept out. */
  readonly leftOut: Set<string>;
  /** What went to the readers before the end, part by part. */
  readonly parts: Published[];
}

/** Reads the stream into its stage. @returns the state that covers what was read */
export async function stageStream(work: SyncWork, hooks: SyncHooks, staging: Staging): Promise<StreamState | null> {
  const { stream, plan, stage, counts, from } = staging;
  const { extract, recorder } = hooks;
  const timer = checkpointTimer(extract.clock);
  let state = from;
  // Mappers and ranges look at each record.
  const takesFiles = stage.writeFile !== undefined && staging.mapping === null && plan.keeps === undefined;
  const { configured, filesGrow = false } = stream;
  const request = { stream: configured, state: from, takesFiles, filesGrow };
  const events = endingInWords(plan.events(() => work.source.read(extract, work.config, request)));
  let hasUnsaved = false;
  const most = limitFor(work.rules, plan.target);
  const limit = (finished: boolean) => passLimit(most, { counts, stage, state, finished });
  for await (const event of events) {
    extract.signal.throwIfAborted();
    if (event.type === 'page') {
      await stagePage(staging, event);
      await limit(false);
    } else if (event.type === 'file') {
      await stageFile(staging, recorder, event);
      await limit(false);
    } else if (event.type === 'slice_closed') {
      counts.close(event.slice);
      state = event.state;
      hasUnsaved = !(plan.resumable && timer.isDue(counts.closed.written));
      if (!hasUnsaved) timer.made(await timeOf(() => saveSoFar(work, hooks, staging, state)));
    } else if (event.type === 'slice_cut') {
      if (!mayComeAgain(staging)) continue;
      counts.cut(event.slice, (await stage.forgetRefused?.(event.slice)) ?? 0);
      hasUnsaved = true;
    } else if (event.type === 'broke_off') {
      if (hasUnsaved && plan.resumable && !extract.signal.aborted) await keepSoFar(work, hooks, staging, state);
      throw event.error;
    } else if (event.type === 'to_come') {
      recorder.expected(stream, event.bytes === null ? null : counts.total.bytes + event.bytes);
    } else recorder.log(event.level, event.message, stream);
    recorder.progress(stream, counts.total, counts.pages);
  }
  killPoint('sync.read');
  await limit(true);
  const last = plan.keeps === undefined ? state : plan.keeps;
  const whole = plan.resumable ? last : { ...last, [WHOLE]: true };
  counts.settle(await stage.checkpoint({ state: whole, openSlices: [], counts: counts.closed }));
  recorder.progress(stream, counts.total, counts.pages);
  return state;
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** The same events, and the failure that they end with as one more. */
async function* endingInWords(
  events: AsyncIterable<PlanEvent>,
): AsyncGenerator<PlanEvent | { readonly type: 'broke_off'; readonly error: unknown }> {
  try {
    yield* events;
  } catch (error) {
    yield { type: 'broke_off', error };
  }
}

/** Rows of a slice that will be read once more: those that are merged by their key are there once all the same. */
function mayComeAgain({ plan }: Staging): boolean {
  return plan.resumable && plan.target.destinationSyncMode.endsWith('_dedup');
}

/** What was read whole stays, whatever came after it. */
async function keepSoFar(work: SyncWork, hooks: SyncHooks, staging: Staging, state: StreamState | null): Promise<void> {
  try {
    await saveSoFar(work, hooks, staging, state);
  } catch (error) {
    if (error instanceof WeirError && error.code === 'fenced') throw error;
    const { message } = toFailure(error);
    hooks.recorder.log('warn', `What had been read could not be kept, and is read again: ${message}`, staging.stream);
  }
}

async function stagePage({ stage, counts, mapping, leftOut, plan }: Staging, read: ReadPage): Promise<void> {
  const page = mapped(read, mapping);
  const { leftOut: fields, ...written } = await stage.write({
    slice: page.slice,
    page: page.page,
    records: page.records,
    ...(page.came && { came: page.came }),
    // Nothing of it is saved before all of it is.
    ...(!plan.resumable && { closesAs: 'all' }),
  });
  for (const field of fields ?? []) leftOut.add(field);
  counts.add(page.slice, { read: page.read, filtered: page.filtered, bytes: page.bytes, ...written });
  killPoint('sync.page');
}

/** The rows go from the file's bytes into the stage where that is possible; else its pages follow. */
async function stageFile(
  { stream, stage, counts }: Staging,
  recorder: Recorder,
  { slice, file, taken }: Extract<PlanEvent, { type: 'file' }>,
): Promise<void> {
  const onProgress = (bytes: number, rows: number) => {
    const { total } = counts;
    const so = { ...total, bytes: total.bytes + bytes, read: total.read + rows, written: total.written + rows };
    recorder.progress(stream, so, counts.pages);
  };
  const written = await stage.writeFile?.({ slice, file, onProgress }).finally(() => file.assertUnchanged?.());
  if (!written) return;
  const read = written.written + written.quarantined;
  counts.add(slice, { read, filtered: 0, bytes: read > 0 ? file.bytes : 0, ...written });
  taken();
  killPoint('sync.page');
}

/** Data and state of the closed slices are saved and go to the readers together, unless they wait for the gate; the sync goes on. */
async function saveSoFar(
  work: SyncWork,
  hooks: SyncHooks,
  { stream, plan, stage, counts, publishes, parts }: Staging,
  state: StreamState | null,
): Promise<void> {
  counts.settle(await stage.checkpoint({ state, openSlices: counts.open, counts: counts.closed }));
  killPoint('sync.checkpoint');
  const limit = limitFor(work.rules, plan.target);
  assertWithinLimit(limit, counts.total, false);
  if (!publishes) return;
  await hooks.gate?.onPart?.(stream, stage, { complete: false, counts: counts.closed });
  const onRefused = refusing(hooks, { stream, stage, counts, limit }, false);
  parts.push(await stage.publish({ complete: false, onRefused }));
  await hooks.recorder.advanced(stream, state);
}

interface Refusing extends Pick<Staging, 'stream' | 'counts'> {
  readonly stage: Pick<Stage, 'names'>;
  readonly limit: QuarantineLimit | null;
}

/** Rows that the table itself refuses count as put aside, and towards the limit. */
export function refusing(
  { recorder, gate }: SyncHooks,
  { stream, stage, counts, limit }: Refusing,
  finished: boolean,
): PublishOptions['onRefused'] {
  return async (saved) => {
    await gate?.onRefused?.(stream, stage.names);
    const more = saved.quarantined - counts.closed.quarantined;
    counts.settle(saved);
    reconcile(saved);
    recorder.progress(stream, counts.total, counts.pages);
    recorder.log('warn', `The table refused ${more} of the rows; they were put aside with the reason.`, stream);
    const failure = overLimit(limit, saved, finished);
    if (failure) throw failure;
  };
}

/** Marks a full refresh whose every slice is staged; kept in its state, which nothing else reads. */
const WHOLE = '__weir_whole';

/** The state as its source knows it. */
export function withoutMark(state: StreamState | null): StreamState | null {
  if (state === null) return null;
  const { [WHOLE]: _mark, ...rest } = state;
  return Object.keys(rest).length > 0 ? rest : null;
}

/** Whether the stage of that state needs nothing but to be published. */
export function isWhole(state: StreamState | null): boolean {
  return state?.[WHOLE] === true;
}

/** Every row that was read is accounted for, over all attempts; else the sync has failed, whatever else it says. */
export function reconcile({ read, filtered, quarantined, written }: Counts): void {
  if (read === filtered + quarantined + written) return;
  throw new WeirError({
    kind: 'bug',
    code: 'counts_differ',
    message: `${read} records were read, but ${filtered} filtered + ${quarantined} quarantined + ${written} written make ${filtered + quarantined + written}.`,
    hint: 'Nothing was published. Run the sync again; if it stays, report this with the log.',
  });
}
