import type { StreamState } from '#lib/catalog.ts';
import type { PartitionRouter, Stretch } from './families.ts';
import { partitions } from './partition/partitions.ts';
import { type Slice, sliceKey } from './slice.ts';
import type { ExtractContext } from './source.ts';
import type { OpenPartition, StreamStates } from './stream-states.ts';

/** One slice to read, and where it counts in the state. */
export interface Work {
  readonly slice: Slice;
  readonly stretch: Stretch;
  readonly partition: OpenPartition;
}

interface Reading {
  readonly states: StreamStates;
  readonly state: StreamState | null;
  readonly mostSlices: number | undefined;
}

/** The slices of a stream in their order, made when they are asked for: parents are read no further than needed. */
export class WorkList {
  readonly #context: ExtractContext;
  readonly #routers: readonly PartitionRouter[];
  readonly #reading: Reading;
  #left: number;
  /** What went on at the parents that the user should see. */
  readonly notices: string[] = [];
  /** The limit was reached while there was more. */
  cut = false;

  constructor(context: ExtractContext, { routers }: { routers: readonly PartitionRouter[] }, reading: Reading) {
    this.#context = context;
    this.#routers = routers;
    this.#reading = reading;
    this.#left = reading.mostSlices ?? Number.POSITIVE_INFINITY;
  }

  async *items(): AsyncGenerator<Work> {
    const { states, state } = this.#reading;
    for await (const event of partitions(this.#routers, this.#context, state)) {
      if ('parentState' in event) states.parents(event.parentState);
      else if ('notice' in event) this.notices.push(event.notice);
      else yield* this.#slices(event.slice);
      if (this.cut) return;
    }
  }

  *#slices(slice: Slice): Generator<Work> {
    const { states } = this.#reading;
    const partition = states.begin(slice);
    if (partition === null) return;
    for (const stretch of states.stretches(partition)) {
      if (this.#left-- <= 0) {
        this.cut = true;
        return;
      }
      const work = { slice: { ...slice, cursor: stretch.cursor }, stretch, partition };
      partition.open.push({ stretch, name: sliceKey(work.slice), done: false });
      yield work;
    }
    states.exhaust(partition);
  }
}
