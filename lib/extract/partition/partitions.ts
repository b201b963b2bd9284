import type { PartitionRouter } from '../families.ts';
import { type Slice, WHOLE_STREAM } from '../slice.ts';
import type { ExtractContext } from '../source.ts';

/** Every combination of the routers' partitions, the first router outermost; one without any. Where names are equal the first wins. */
export async function* partitions(routers: readonly PartitionRouter[], context: ExtractContext): AsyncIterable<Slice> {
  const [first, ...rest] = routers;
  if (!first) {
    yield WHOLE_STREAM;
    return;
  }
  for await (const outer of first.partitions(context)) {
    if (rest.length === 0) yield outer;
    else
      for await (const inner of partitions(rest, context)) {
        yield {
          partition: { ...inner.partition, ...outer.partition },
          cursor: {},
          extra: { ...inner.extra, ...outer.extra },
        };
      }
  }
}
