import type { ConfiguredStream, DestinationSyncMode, NewFields, StreamState } from '#lib/catalog.ts';
import type { SchemaPolicy, StreamTask } from '#lib/db/schema.ts';
import type { Came, Load, PublishedStream, Replay, TargetStream } from '#lib/destinations/destination.ts';
import { WeirError } from '#lib/errors.ts';
import type { ReadEvent } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import type { StreamMapping } from '#lib/records/index.ts';
import { spelledAsIn, withinRange } from './cursor-range.ts';

/** What is read, with when each record of a page came, where that is not now. */
export type PlanEvent = ReadEvent & { readonly came?: readonly Came[] };

/** How one stream is read and loaded this time. */
export interface Plan {
  readonly target: TargetStream;
  /** Where a fresh stage begins to read. */
  readonly from: StreamState | null;
  /** A stage that broke off is gone on with; otherwise it is used whole, or not at all. */
  readonly resumable: boolean;
  /** Closed slices may go to the readers while the sync goes on. */
  readonly publishes: boolean;
  /** The stream's state afterwards, whatever is read; undefined where reading makes it. */
  readonly keeps?: StreamState | null;
  /** Puts other events in the place of the source's. */
  readonly events: (read: () => AsyncIterable<ReadEvent>) => AsyncIterable<PlanEvent>;
  /** The records are as the stream's mappers left them already. */
  readonly isMapped: boolean;
  /** What the sync's log should say of it. */
  readonly note?: string;
}

export interface Planned {
  /** The stream as the destination sees it, before it is known what is there. */
  readonly target: TargetStream;
  readonly configured: ConfiguredStream;
  readonly published: PublishedStream;
  readonly load: Load;
}

type Planner = (planned: Planned) => Promise<Plan>;

/** The usual, or what somebody asked for in its place. */
export function planStream(planned: Planned, task: StreamTask | undefined): Promise<Plan> {
  if (task === undefined) return usual(planned);
  switch (task.kind) {
    case 'refresh':
      return refresh(planned, task.keepHistory);
    case 'backfill':
      return backfill(planned, task);
    case 'replay':
      return replay(planned);
  }
}

const usual: Planner = async ({ target, configured, published: { state, generation } }) => {
  const incremental = configured.syncMode === 'incremental';
  return {
    target: { ...target, generation: incremental ? Math.max(generation, 1) : generation + 1 },
    ...{ from: incremental ? state : null, resumable: incremental, publishes: incremental },
    ...{ events: (read) => read(), isMapped: false },
  };
};

const REPLACING: Readonly<Record<DestinationSyncMode, DestinationSyncMode>> = {
  append: 'overwrite',
  append_dedup: 'overwrite_dedup',
  overwrite: 'overwrite',
  overwrite_dedup: 'overwrite_dedup',
};

/** Everything again. Without history, what was there goes in the transaction that brings the new generation. */
async function refresh(planned: Planned, keepHistory: boolean): Promise<Plan> {
  const { target, published } = planned;
  const plan = await usual(planned);
  const generation = published.partly ? published.generation : published.generation + 1;
  if (keepHistory) {
    // What this very sync has published already is not read again.
    return { ...plan, from: published.partly ? plan.from : null, target: { ...target, generation } };
  }
  const destinationSyncMode = REPLACING[target.destinationSyncMode];
  // What vanished goes too: there is no other way to be rid of it but emptying the table.
  const replacing = { ...target, generation, destinationSyncMode, softDelete: false };
  return { ...plan, from: null, publishes: false, target: replacing };
}

/** Rows of a range of the cursor, merged into what is there; newer rows of the table stay. */
async function backfill(
  { target, configured, published }: Planned,
  { from, to }: Extract<StreamTask, { kind: 'backfill' }>,
): Promise<Plan> {
  const [field] = configured.cursorField.length > 0 ? configured.cursorField : configured.stream.defaultCursorField;
  if (field === undefined || configured.syncMode !== 'incremental' || !target.destinationSyncMode.endsWith('_dedup'))
    throw cannotBackfill(configured.stream.name);
  return {
    target: { ...target, generation: Math.max(published.generation, 1) },
    ...{
      from: { [field]: spelledAsIn(published.state, field, from) },
      resumable: false,
      publishes: false,
      keeps: published.state,
      isMapped: false,
    },
    events: (read) => withinRange(read(), field, { from, to }),
  };
}

const ADDING: Readonly<Record<DestinationSyncMode, DestinationSyncMode>> = {
  append: 'append',
  append_dedup: 'append_dedup',
  overwrite: 'append',
  overwrite_dedup: 'append_dedup',
};

/** What is in quarantine, once more. Nothing is asked of the source. */
async function replay({ target, published, load }: Planned): Promise<Plan> {
  if (!load.replayed) throw cannotReplay();
  const found = await load.replayed(target);
  const destinationSyncMode = ADDING[target.destinationSyncMode];
  return {
    target: {
      ...{ ...target, destinationSyncMode, generation: Math.max(published.generation, 1) },
      ...{ softDelete: false, replays: { upTo: found.upTo } },
    },
    ...{ from: null, resumable: false, publishes: false, keeps: published.state, isMapped: true },
    events: () => replayEvents(found),
    ...(found.comeAgain > 0 && { note: leftOutOfReplay(found.comeAgain) }),
  };
}

function leftOutOfReplay(rows: number): string {
  const [were, they] = rows === 1 ? ['1 row was', 'it'] : [`${rows} rows were`, 'they'];
  return `${were} put aside by a sync that was not published: ${they} will come again with the next sync, and not from quarantine.`;
}

async function* replayEvents({ pages }: Replay): AsyncGenerator<PlanEvent> {
  let page = 0;
  for await (const { records, came } of pages) {
    page++;
    const bytes = 0;
    yield { type: 'page', slice: 'quarantine', page, records, came, read: records.length, filtered: 0, bytes };
  }
  yield { type: 'slice_closed', slice: 'quarantine', state: {} };
}

/** How a policy for schema changes treats fields that are new in the records. */
export function newFieldsOf(policy: SchemaPolicy): NewFields {
  const rules = { ignore: 'leave_out', propagate_columns: 'add', propagate_fully: 'add', disable: 'refuse' } as const;
  return rules[policy];
}

/** Records as the stream's mappers leave them, with what they filtered counted. */
export function mapped(page: Extract<PlanEvent, { type: 'page' }>, mapping: StreamMapping | null) {
  if (mapping === null) return page;
  const { records, filtered } = mapping.map(page.records as readonly JsonObject[]);
  return { ...page, records, filtered: page.filtered + filtered };
}

function cannotBackfill(stream: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'backfill_needs_key',
    message: `Stream ${stream} can’t be backfilled: rows are merged by key, and found by the cursor of an incremental stream.`,
    hint: 'Choose “Incremental, deduplicated” for it, or refresh the stream.',
  });
}

function cannotReplay(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'replay_unsupported',
    message: 'This kind of destination keeps no quarantine that could be loaded again.',
  });
}
