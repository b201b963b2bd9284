import type { ConfiguredStream, StreamState } from '#lib/catalog.ts';
import type { Load, Published, SchemaChange, Stage, TargetStream } from '#lib/destinations/destination.ts';
import { type Failure, toFailure, WeirError } from '#lib/errors.ts';
import { killPoint } from '#lib/kill-points.ts';
import { mappingOf } from '#lib/records/index.ts';
import { PhaseTimes } from './phase-times.ts';
import { newFieldsOf, type Plan, planStream } from './plan-stream.ts';
import { assertWithinLimit, limitFor } from './quarantine-limit.ts';
import { ReadCounts } from './read-counts.ts';
import type { Recorder } from './recorder.ts';
import { isWhole, reconcile, refusing, type Staging, stageStream, withoutMark } from './stage-stream.ts';
import { type SyncStream, USUAL_RULES } from './sync-stream.ts';
import type { SyncHooks, SyncWork } from './sync-work.ts';
import { timedParts } from './timed-parts.ts';

export interface StreamOutcome {
  readonly stream: SyncStream;
  readonly published: Published | null;
  readonly failure: Failure | null;
}

/**
 * One attempt of a sync: extract → stage → hook → publish, stream after stream. A stream that fails doesn't stop the
 * others; a newer attempt, a cancel and the deadline stop all of them.
 */
export async function runSync(work: SyncWork, hooks: SyncHooks): Promise<StreamOutcome[]> {
  const load = await work.destination.begin(work.attempt);
  const outcomes: StreamOutcome[] = [];
  for (const stream of work.streams) {
    hooks.extract.signal.throwIfAborted();
    outcomes.push(await loadStream(work, hooks, load, stream));
  }
  return outcomes;
}

async function loadStream(work: SyncWork, hooks: SyncHooks, load: Load, stream: SyncStream): Promise<StreamOutcome> {
  const { recorder, extract } = hooks;
  const { name } = stream.configured.stream;
  recorder.started(stream);
  const times = new PhaseTimes();
  try {
    const ended = await extractAndPublish(...timedParts(times, { work, hooks, load }), stream);
    const { published } = ended;
    await recorder.published(stream, { ...ended, phases: times.phases });
    return { stream, published, failure: null };
  } catch (error) {
    if (extract.signal.aborted || isFenced(error)) throw error;
    const failure = toFailure(error instanceof WeirError ? error.at({ stream: name }) : error);
    await recorder.failed(stream, { failure, error, phases: times.phases });
    return { stream, published: null, failure };
  }
}

/** What readers see, and the state that goes with it; null where none is kept. */
interface Ended {
  readonly published: Published;
  readonly state: StreamState | null;
}

async function extractAndPublish(work: SyncWork, hooks: SyncHooks, load: Load, stream: SyncStream): Promise<Ended> {
  const mapping = mappingOf(stream.configured);
  const given = targetOf(work, stream, mapping?.stream ?? stream.configured);
  const found = await load.published(given);
  const { completed } = found;
  if (completed !== null) {
    hooks.recorder.progress(stream, completed.counts, 0);
    hooks.recorder.log('info', 'Had been published whole by the attempt before.', stream);
    return { published: completed.published, state: isIncremental(stream) ? withoutMark(found.state) : null };
  }
  const state = (stream.begin ?? { state: withoutMark(found.state) }).state;
  const published = { ...found, state };
  const plan = await planStream({ target: given, configured: stream.configured, published, load }, stream.task);
  if (plan.note) hooks.recorder.log('info', plan.note, stream);
  if (stream.decision) return decided(work, hooks, load, { stream, target: plan.target });
  const { stage, resumed } = await openStage(load, plan);
  const guarded = hooks.gate?.guards(stage.names) === true;
  const counts = new ReadCounts(resumed?.counts);
  if (resumed !== null) hooks.recorder.log('info', 'Goes on from what the attempt before had staged.', stream);
  const leftOut = new Set<string>();
  const parts: Published[] = [];
  let reached = resumed?.state ?? null;
  if (resumed === null || plan.resumable) {
    const from = resumed?.state ?? plan.from;
    const publishes = plan.publishes && !guarded;
    const read = { stream, plan, mapping: plan.isMapped ? null : mapping, stage, counts, from };
    const staging = { ...read, publishes, leftOut, parts };
    reached = await stageStream(work, hooks, staging);
  }
  reconcile(counts.closed);
  // Once more: the database may have refused rows late, and a stage that was taken up whole has not been asked.
  const limit = limitFor(work.rules, plan.target);
  assertWithinLimit(limit, counts.closed, true);
  if (guarded) await passGate(hooks, { stream, stage, counts, leftOut });
  else await hooks.gate?.onPart?.(stream, stage, { complete: true, counts: counts.closed });
  killPoint('sync.staged');
  const result = await stage.publish({
    complete: true,
    onRefused: refusing(hooks, { stream, stage, counts, limit }, true),
  });
  killPoint('sync.published');
  return { published: withLeftOut(together(parts, result), leftOut), state: stateAfter(stream, plan, reached) };
}

/** What the last part says, with the rows and changes of all of them: readers see one load. */
function together(parts: readonly Published[], last: Published): Published {
  const all = [...parts, last];
  const sum = (count: (part: Published) => number | undefined) =>
    all.reduce((total, part) => total + (count(part) ?? 0), 0);
  const [repeated, keyless] = [sum((part) => part.repeated), sum((part) => part.keyless)];
  const changes = all.flatMap(({ schemaChanges = [] }) => schemaChanges);
  return {
    ...last,
    inserted: sum(({ inserted }) => inserted),
    updated: sum(({ updated }) => updated),
    deleted: sum(({ deleted }) => deleted),
    ...(repeated > 0 && { repeated }),
    ...(keyless > 0 && { keyless }),
    ...(changes.length > 0 && { schemaChanges: changes }),
  };
}

function isIncremental({ configured }: SyncStream): boolean {
  return configured.syncMode === 'incremental';
}

/** The state that is now published, as far as the stream has one. */
function stateAfter(stream: SyncStream, plan: Plan, reached: StreamState | null): StreamState | null {
  if (!isIncremental(stream)) return null;
  return plan.keeps === undefined ? reached : plan.keeps;
}

/** What the gate puts aside changes the counts; they must still agree. */
async function passGate(
  { gate, recorder }: SyncHooks,
  { stream, stage, counts, leftOut }: Pick<Staging, 'stream' | 'stage' | 'counts' | 'leftOut'>,
) {
  let changes: readonly SchemaChange[] = [];
  const staged: Stage['staged'] = async () => {
    const load = await stage.staged();
    changes = load.schemaChanges ?? [];
    return load;
  };
  const setAside: Stage['setAside'] = async (rows) => {
    const saved = await stage.setAside(rows);
    counts.settle(saved);
    recorder.progress(stream, counts.total, counts.pages);
    return saved;
  };
  try {
    await gate?.onStaged(stream, { names: stage.names, staged, setAside }, counts.closed);
  } catch (error) {
    if (error instanceof WeirError && error.code === 'load_held') {
      await recorder.held(stream, [...changes, ...leftOutChanges(leftOut)]);
      await hold(stage, recorder, stream);
    }
    throw error;
  }
  reconcile(counts.closed);
}

/** The decision may reach any worker; where the stage can't be brought there, this machine alone can release it. */
async function hold(stage: Stage, recorder: Recorder, stream: SyncStream): Promise<void> {
  try {
    await stage.hold?.();
  } catch (error) {
    const { message } = toFailure(error);
    recorder.log(
      'warn',
      `The held load lies on this machine alone, which must be the one to release it: ${message}`,
      stream,
    );
  }
}

/** A load that was held is published or dropped as it lies: nothing is read for it. */
async function decided(
  work: SyncWork,
  hooks: SyncHooks,
  load: Load,
  { stream, target }: { stream: SyncStream; target: TargetStream },
): Promise<Ended> {
  const stage = await load.stage(target);
  if (stream.decision === 'discard') {
    await stage.discard();
    throw discarded();
  }
  if (stage.resumed === null) {
    await stage.discard();
    throw stageGone();
  }
  const counts = new ReadCounts(stage.resumed.counts);
  const limit = limitFor(work.rules, target);
  const onRefused = refusing(hooks, { stream, stage, counts, limit }, true);
  const published = await stage.publish({ complete: true, onRefused });
  return { published, state: target.syncMode === 'incremental' ? stage.resumed.state : null };
}

/** The stream's place at the destination, and how the connection takes what it does not expect. */
function targetOf(
  { rules = USUAL_RULES, emittedAt }: SyncWork,
  { namespace, table }: SyncStream,
  configured: ConfiguredStream,
): TargetStream {
  return {
    ...{ ...configured, namespace, table, generation: 0, emittedAt },
    ...{ badValues: rules.badValues, newFields: newFieldsOf(rules.schemaChanges) },
  };
}

/**
 * Takes up an interrupted stage. A full refresh is checkpointed only when it is whole, so what it left is either ready
 * to publish or nothing: going on inside it would read rows twice.
 */
async function openStage(
  load: Load,
  { target, resumable }: Plan,
): Promise<{ stage: Stage; resumed: Stage['resumed'] }> {
  const stage = await load.stage(target);
  if (stage.resumed === null || resumable || isWhole(stage.resumed.state)) return { stage, resumed: stage.resumed };
  await stage.discard();
  return { stage: await load.stage(target), resumed: null };
}

function withLeftOut(published: Published, leftOut: ReadonlySet<string>): Published {
  if (leftOut.size === 0) return published;
  return { ...published, schemaChanges: [...(published.schemaChanges ?? []), ...leftOutChanges(leftOut)] };
}

function leftOutChanges(leftOut: ReadonlySet<string>): SchemaChange[] {
  return [...leftOut].map((path) => ({
    ...{ change: 'field_left_out', field: path.replaceAll('\u0000', '.') },
    detail: 'not in the stream’s schema',
  }));
}

function discarded(): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'load_discarded',
    message: 'The load was discarded, and its state with it.',
    hint: 'The next sync reads the same records again.',
  });
}

function stageGone(): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'stage_lost',
    message:
      'The held load is no longer there: the database server crashed, or its files could not be brought into the bucket and lie on another machine.',
    hint: 'Run the sync again; it reads the same records.',
  });
}

function isFenced(error: unknown): boolean {
  return error instanceof WeirError && error.code === 'fenced';
}
