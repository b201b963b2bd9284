/** What a lane reads: an item, and the results that it gives one after the other. */
export interface Lanes<Item, Result> {
  /** Items in their order; several may be asked for at once, as an async generator allows. */
  readonly items: AsyncIterator<Item>;
  readonly read: (item: Item) => AsyncIterator<Result>;
  /** Items that are read at once. */
  readonly width: number;
  /** Whether a lane works on its next result before that is asked for. */
  readonly ahead: boolean;
  /** Asked before another item is begun beside those in work. */
  readonly mayBegin: () => boolean;
  /** Told when no more results are wanted, so that what is under way can end soon. */
  readonly stop: () => void;
}

export type LaneEvent<Item, Result> =
  | { readonly item: Item; readonly result: Result }
  /** All results of the item have been handed out. */
  | { readonly item: Item; readonly done: true };

interface Lane<Item, Result> {
  readonly item: Item;
  readonly results: AsyncIterator<Result>;
  /** Under way, or waiting for its turn; null where nothing is done ahead. */
  next: Promise<IteratorResult<Result>> | null;
}

/**
 * Reads several items at once and hands out one result of each in turn, so that the order depends on the items alone and
 * not on who answers first. Each lane is one result ahead: no more is held. What goes wrong in a lane comes out at its turn;
 * then, and when whoever asks stops early, the others are stopped and have ended when this does.
 */
export async function* inTurn<Item, Result>(lanes: Lanes<Item, Result>): AsyncGenerator<LaneEvent<Item, Result>> {
  const queue: Promise<Lane<Item, Result> | null>[] = [];
  let exhausted = false;
  try {
    for (;;) {
      while (!exhausted && queue.length < lanes.width && (queue.length === 0 || lanes.mayBegin()))
        queue.push(quiet(begin(lanes)));
      const turn = queue.shift();
      if (!turn) return;
      const lane = await turn;
      if (lane === null) {
        exhausted = true;
        continue;
      }
      const { done, value } = await (lane.next ?? lane.results.next());
      if (done) {
        yield { item: lane.item, done: true };
        continue;
      }
      lane.next = lanes.ahead ? quiet(lane.results.next()) : null;
      queue.push(Promise.resolve(lane));
      yield { item: lane.item, result: value };
    }
  } finally {
    lanes.stop();
    await Promise.allSettled(queue.map(close));
    await lanes.items.return?.();
  }
}

async function begin<Item, Result>({ items, read, ahead }: Lanes<Item, Result>): Promise<Lane<Item, Result> | null> {
  const { done, value } = await items.next();
  if (done) return null;
  const results = read(value);
  return { item: value, results, next: ahead ? quiet(results.next()) : null };
}

/** A failure waits for its turn. */
function quiet<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

async function close<Item, Result>(turn: Promise<Lane<Item, Result> | null>): Promise<void> {
  const lane = await turn;
  await lane?.next?.catch(() => undefined);
  await lane?.results.return?.();
}
