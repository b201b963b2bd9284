import type { StreamState } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Cursor, CursorTrack, PartitionRouter } from './families.ts';
import { partitionKey, type Slice } from './slice.ts';

/** Partitions whose states are kept one by one; beyond, the oldest are forgotten and begin from the common state. */
const MOST_PARTITIONS = 25_000;
const NO_CURSOR: StreamState = { __ab_no_cursor_state_message: true };

interface Stream {
  readonly cursor: Cursor | null;
  readonly routers: readonly PartitionRouter[];
  readonly globalCursor: boolean;
}

/**
 * The state of a stream in the protocol's three forms: none (`__ab_no_cursor_state_message`), one cursor (`{field: value}`), or one
 * cursor per partition with a common one that is set when all partitions are done.
 */
export class StreamStates {
  readonly #stream: Stream;
  readonly #given: StreamState | null;
  readonly #partitions = new Map<string, { partition: JsonObject; cursor: StreamState }>();
  readonly #common: StreamState | null;
  readonly #startedAt: number;
  readonly #clock: () => Date;
  readonly #partitioned: boolean;
  #tracks: CursorTrack | null = null;
  #closedAny = false;
  #newest: StreamState | null = null;

  constructor(stream: Stream, state: StreamState | null, clock: () => Date) {
    this.#stream = stream;
    this.#given = state;
    this.#clock = clock;
    this.#startedAt = clock().getTime();
    this.#partitioned = stream.routers.length > 0 && stream.cursor !== null && !stream.globalCursor;
    const states = Array.isArray(state?.states) ? (state.states as JsonObject[]) : [];
    for (const { partition, cursor } of states) {
      if (isJsonObject(partition) && isJsonObject(cursor))
        this.#partitions.set(partitionKey(partition), { partition, cursor });
    }
    this.#common = isJsonObject(state?.state)
      ? state.state
      : states.length === 0 && state !== null && !('states' in state)
        ? state
        : null;
  }

  /** Where reading of the partition goes on. */
  of({ partition }: Slice): StreamState | null {
    if (this.#stream.cursor === null) return null;
    if (!this.#partitioned) return this.#common ?? this.#given;
    return this.#partitions.get(partitionKey(partition))?.cursor ?? this.#common;
  }

  /** A partition that is new begins a little before the common state: it may have appeared during the last sync. */
  lookbackSeconds({ partition }: Slice): number {
    const known = !this.#partitioned || this.#partitions.has(partitionKey(partition));
    return known || typeof this.#given?.lookback_window !== 'number' ? 0 : this.#given.lookback_window;
  }

  track(slice: Slice): CursorTrack | null {
    const { cursor } = this.#stream;
    if (cursor === null) return null;
    if (this.#partitioned) return cursor.track(this.of(slice));
    this.#tracks ??= cursor.track(this.of(slice));
    return this.#tracks;
  }

  /** The state that covers everything closed so far. */
  close({ partition }: Slice, track: CursorTrack | null, stretch: Record<string, string>): StreamState {
    this.#closedAny = true;
    if (track === null) return NO_CURSOR;
    const closed = track.close(stretch);
    if (!this.#partitioned) {
      this.#newest = closed;
      // Over partitions one state counts only when all of them are done.
      return this.#stream.routers.length > 0 ? (this.#given ?? {}) : closed;
    }
    const key = partitionKey(partition);
    this.#partitions.delete(key);
    this.#partitions.set(key, { partition: partition as JsonObject, cursor: closed });
    if (this.#partitions.size > MOST_PARTITIONS) this.#partitions.delete(this.#partitions.keys().next().value ?? '');
    this.#newest = newer(this.#stream.cursor, this.#newest, closed);
    return this.#perPartition(this.#common);
  }

  /** After the last slice: the common state of all partitions. Null where the slices' states have said it all. */
  get final(): StreamState | null {
    if (this.#stream.routers.length === 0 || this.#stream.cursor === null || !this.#closedAny) return null;
    if (!this.#partitioned) return this.#newest;
    return this.#perPartition(this.#newest ?? this.#common);
  }

  #perPartition(common: StreamState | null): StreamState {
    const seconds = Math.max(0, Math.ceil((this.#clock().getTime() - this.#startedAt) / 1000));
    return {
      use_global_cursor: false,
      states: [...this.#partitions.values()],
      ...(common && { state: common }),
      lookback_window: seconds,
      parent_state: {},
    };
  }
}

function newer(cursor: Cursor | null, a: StreamState | null, b: StreamState): StreamState {
  if (a === null || cursor === null) return b;
  const track = cursor.track(a);
  track.observe({ [cursor.field]: b[cursor.field] ?? null });
  return track.close({});
}
