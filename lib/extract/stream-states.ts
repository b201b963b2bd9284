import type { StreamState } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Cursor, CursorTrack, PartitionRouter, Stretch } from './families.ts';
import { partitionKey, type Slice } from './slice.ts';

/** Beyond so many partitions one state serves all of them, as in the CDK. */
const MOST_SINGLE_STATES = 10_000;
/** States of partitions that are taken over from the last sync; of more, the oldest are left out. */
const MOST_GIVEN_STATES = 25_000;
/** Partitions that are remembered to leave out those that come twice. */
const MOST_REMEMBERED = 100_000;
const NO_CURSOR: StreamState = { __ab_no_cursor_state_message: true };
const WHOLE: Stretch = { cursor: {}, last: true };

interface Stream {
  readonly cursor: Cursor | null;
  readonly routers: readonly PartitionRouter[];
}

/** A partition that is being read. Its stretches are announced as closed in their order. */
export interface OpenPartition {
  readonly key: string;
  readonly slice: Slice;
  /** Where its reading began. */
  readonly state: StreamState | null;
  readonly track: CursorTrack | null;
  /** Stretches in work, oldest first. */
  readonly open: { readonly stretch: Stretch; readonly name: string; done: boolean }[];
  /** All its stretches were handed out. */
  exhausted: boolean;
}

/**
 * The state of a stream in the protocol's three forms: none (`__ab_no_cursor_state_message`), one cursor (`{field: value}`), or one
 * cursor per partition with a common one, which moves on only when all partitions are done.
 */
export class StreamStates {
  readonly #stream: Stream;
  readonly #clock: () => Date;
  readonly #startedAt: number;
  readonly #given: StreamState | null;
  readonly #partitioned: boolean;
  readonly #states = new Map<string, { readonly partition: JsonObject; readonly cursor: StreamState }>();
  readonly #open = new Map<string, OpenPartition>();
  readonly #remembered = new Set<string>();
  /** Parents' states, each with the partitions that must be closed before it holds. */
  readonly #awaited: { readonly state: JsonObject; readonly before: Set<string> }[] = [];
  #global: boolean;
  #common: StreamState | null = null;
  #newest: StreamState | null = null;
  #sawRecords = false;
  #lookbackSeconds = 0;
  #parents: JsonObject | null = null;
  #lastParents: JsonObject | null = null;
  #single: CursorTrack | null = null;
  #repeats = 0;

  constructor(stream: Stream, state: StreamState | null, clock: () => Date) {
    this.#stream = stream;
    this.#clock = clock;
    this.#startedAt = clock().getTime();
    this.#given = state;
    this.#partitioned = stream.routers.length > 0 && stream.cursor !== null;
    this.#global = stream.cursor?.isGlobal === true || stream.routers.some(({ oneState }) => oneState === true);
    if (state && stream.cursor && this.#partitioned) this.#takeOver(state, stream.cursor);
  }

  /** Begins a partition; null for one whose state is kept already. Without a cursor each is read as often as it comes, as in the CDK. */
  begin(slice: Slice): OpenPartition | null {
    const key = partitionKey(slice.partition);
    if (this.#isRepeated(key)) return null;
    const partition = { key, slice, ...this.#tracked(slice, key), open: [], exhausted: false };
    this.#open.set(key, partition);
    return partition;
  }

  /** What is to be read of it. */
  stretches({ track }: OpenPartition): Iterable<Stretch> {
    return track ? track.stretches() : [WHOLE];
  }

  /** A stretch was read to its end: names of the slices that are closed by that, oldest first, and what the state is then. */
  *close(partition: OpenPartition, stretch: Stretch): Iterable<{ name: string; state: StreamState }> {
    for (const each of partition.open) if (each.stretch === stretch) each.done = true;
    for (let first = partition.open[0]; first?.done; first = partition.open[0]) {
      partition.open.shift();
      partition.track?.close(first.stretch);
      this.#settle(partition);
      yield { name: first.name, state: this.current };
    }
  }

  /** Slices that were read to their end, and wait for an older one of their partition. */
  get waiting(): number {
    let count = 0;
    for (const { open } of this.#open.values()) count += open.filter(({ done }) => done).length;
    return count;
  }

  exhaust(partition: OpenPartition): void {
    partition.exhausted = true;
    this.#settle(partition);
  }

  /** The parents' states that hold once all partitions up to here are closed. */
  parents(state: JsonObject): void {
    this.#lastParents = state;
    this.#awaited.push({ state, before: new Set(this.#open.keys()) });
    this.#settleParents();
  }

  /** The state that covers everything closed so far. */
  get current(): StreamState {
    if (this.#stream.cursor === null) return NO_CURSOR;
    if (!this.#partitioned) return this.#single?.state ?? this.#stream.cursor.track(this.#given).state;
    return {
      use_global_cursor: this.#global,
      ...(!this.#global && { states: [...this.#states.values()] }),
      ...(this.#common && { state: this.#common }),
      lookback_window: this.#lookbackSeconds,
      ...(this.#parents && { parent_state: this.#parents }),
    };
  }

  /** The state after the last slice: now the common one and the parents' count, too. */
  finish(): StreamState {
    if (this.#partitioned && this.#open.size === 0) {
      if (this.#sawRecords) {
        this.#common = this.#newest;
        this.#lookbackSeconds = Math.ceil(Math.max(0, this.#clock().getTime() - this.#startedAt) / 1000);
      }
      this.#parents = this.#lastParents;
    }
    return this.current;
  }

  get notice(): string | null {
    if (this.#repeats === 0) return null;
    return `${this.#repeats} partitions came more than once and were read once.`;
  }

  /** A bare `{field: value}` counts for all partitions. */
  #takeOver(state: StreamState, cursor: Cursor): void {
    if (isJsonObject(state.parent_state) && Object.keys(state.parent_state).length > 0)
      this.#parents = state.parent_state;
    if (!('states' in state) && !('state' in state)) {
      this.#common = cursor.newer(null, state);
    } else {
      this.#global = state.use_global_cursor === true;
      this.#lookbackSeconds = Math.trunc(Number(state.lookback_window ?? 0)) || 0;
      const given = (Array.isArray(state.states) ? state.states : []).filter(isJsonObject);
      for (const { partition, cursor: own } of given.slice(-MOST_GIVEN_STATES)) {
        if (!isJsonObject(partition) || !isJsonObject(own)) continue;
        this.#states.set(partitionKey(partition), { partition, cursor: cursor.track(own).state });
      }
      if (isJsonObject(state.state)) this.#common = cursor.newer(null, state.state);
    }
    this.#newest = this.#common;
  }

  #tracked(slice: Slice, key: string): { state: StreamState | null; track: CursorTrack | null } {
    const { cursor } = this.#stream;
    if (cursor === null) return { state: null, track: null };
    if (!this.#partitioned) {
      this.#single = cursor.track(this.#given);
      return { state: this.#given, track: this.#single };
    }
    if (this.#states.size > MOST_SINGLE_STATES) this.#global = true;
    const known = this.#states.get(key)?.cursor;
    const state = known ?? this.#common;
    const track = cursor.track(state, known ? 0 : this.#lookbackSeconds);
    if (!this.#global) this.#states.set(key, { partition: slice.partition as JsonObject, cursor: track.state });
    return { state, track };
  }

  #settle(partition: OpenPartition): void {
    const { key, track, open, exhausted, slice } = partition;
    const { cursor } = this.#stream;
    if (track && cursor && this.#partitioned && !this.#global)
      this.#states.set(key, { partition: slice.partition as JsonObject, cursor: track.state });
    if (!exhausted || open.length > 0 || !this.#open.delete(key)) return;
    if (track && cursor && this.#partitioned) {
      this.#sawRecords ||= track.newest !== null;
      this.#newest = cursor.newer(this.#newest, track.newest);
      if (!this.#global) this.#newest = cursor.newer(this.#newest, track.state);
    }
    for (const { before } of this.#awaited) before.delete(key);
    this.#settleParents();
  }

  #settleParents(): void {
    while (this.#awaited[0]?.before.size === 0) this.#parents = this.#awaited.shift()?.state ?? null;
  }

  #isRepeated(key: string): boolean {
    if (!this.#partitioned) return false;
    if (this.#remembered.has(key)) {
      this.#repeats++;
      return true;
    }
    this.#remembered.add(key);
    if (this.#remembered.size > MOST_REMEMBERED) this.#remembered.delete(this.#remembered.values().next().value ?? '');
    return false;
  }
}
