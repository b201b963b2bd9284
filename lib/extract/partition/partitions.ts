import type { StreamState } from '#lib/catalog.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import type { PartitionEvent, PartitionRouter } from '../families.ts';
import { type Slice, WHOLE_STREAM } from '../slice.ts';
import type { ExtractContext } from '../source.ts';

/** Partitions of an inner router that are kept for the next outer one; more are read anew each time. */
const MOST_KEPT = 100_000;

/** The routers of a retriever: one, or a list. What stands in a list keeps no parents' states, as in the CDK, also where it is alone. */
export function routersOf(retriever: JsonObject, build: Build): PartitionRouter[] {
  const given = retriever.partition_router ?? retriever.stream_slicer ?? [];
  if (!Array.isArray(given)) return isJsonObject(given) ? [build.create<PartitionRouter>(given)] : [];
  const routers = given.filter(isJsonObject).map((router) => build.create<PartitionRouter>(router));
  const [only] = routers;
  return routers.length === 1 && only ? [withoutParentStates(only)] : routers;
}

function withoutParentStates(router: PartitionRouter): PartitionRouter {
  const { fields, oneState } = router;
  return {
    ...{ fields, ...(oneState !== undefined && { oneState }), parts: (slice) => router.parts(slice) },
    async *partitions(context, state) {
      for await (const event of router.partitions(context, state)) if (!('parentState' in event)) yield event;
    },
  };
}

/**
 * The partitions of a stream: one without any router, else every combination of the routers' partitions, the first router
 * outermost. Where names are equal the first router's value counts. Parents' states are those of a single router only.
 */
export async function* partitions(
  routers: readonly PartitionRouter[],
  context: ExtractContext,
  state: StreamState | null,
): AsyncIterable<PartitionEvent> {
  const [first, ...rest] = routers;
  if (!first) yield { slice: WHOLE_STREAM };
  else if (rest.length === 0) yield* first.partitions(context, state);
  else yield* combined(first, rest, context, state);
}

async function* combined(
  first: PartitionRouter,
  rest: readonly PartitionRouter[],
  context: ExtractContext,
  state: StreamState | null,
): AsyncIterable<PartitionEvent> {
  const inner = remembered(() => partitions(rest, context, state));
  for await (const event of first.partitions(context, state)) {
    if ('parentState' in event) continue;
    if (!('slice' in event)) yield event;
    else
      for await (const other of inner()) {
        if ('slice' in other) yield { slice: combination(event.slice, other.slice) };
        else if ('notice' in other) yield other;
      }
  }
}

function combination(outer: Slice, inner: Slice): Slice {
  return {
    partition: { ...inner.partition, ...outer.partition },
    cursor: {},
    extra: { ...inner.extra, ...outer.extra },
  };
}

/** The same items again without asking for them again, as long as they are not too many. */
function remembered<T>(read: () => AsyncIterable<T>): () => AsyncIterable<T> {
  let kept: T[] | null = null;
  return async function* () {
    if (kept) {
      yield* kept;
      return;
    }
    const items: T[] = [];
    for await (const item of read()) {
      if (items.length <= MOST_KEPT) items.push(item);
      yield item;
    }
    if (items.length <= MOST_KEPT) kept = items;
  };
}
