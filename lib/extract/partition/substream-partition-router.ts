import type { StreamState } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { PartitionEvent, PartitionRouter } from '../families.ts';
import { joinParts } from '../request/join-parts.ts';
import type { ExtractContext } from '../source.ts';
import { type ParentStream, parentStreamConfig } from './parent-stream.ts';

export const substreamPartitionRouter = defineKind<PartitionRouter>({
  name: 'SubstreamPartitionRouter',
  family: 'partition_router',
  docs: 'Reads the stream once for each record of a parent stream.',
  example: `type: SubstreamPartitionRouter\nparent_stream_configs:\n${parentStreamConfig.example
    .trim()
    .split('\n')
    .map((line, index) => `  ${index === 0 ? '- ' : '  '}${line}`)
    .join('\n')}\n`,
  fields: {
    parent_stream_configs: component('The parents, read one after the other.', 'parent_stream', {
      required: true,
      types: ['array'],
      defaultType: 'ParentStreamConfig',
    }),
  },
  problems: ({ parent_stream_configs: parents }) =>
    Array.isArray(parents) && parents.length === 0
      ? [{ field: 'parent_stream_configs', message: 'SubstreamPartitionRouter needs at least one parent.' }]
      : [],
  create(router, build) {
    const parents = (router.parent_stream_configs as JsonObject[]).map((parent) => build.create<ParentStream>(parent));
    return {
      fields: [...new Set(parents.map(({ field }) => field))],
      partitions: (context, state) => partitionsOf(parents, context, state),
      parts: ({ partition }) =>
        joinParts(
          parents.map(({ option, field }) =>
            option && isTruthy(partition[field]) ? option.parts(partition[field]) : {},
          ),
        ),
    };
  },
});

/**
 * Each record of the parents is a partition, in their order. The states of the incremental ones come after the partitions
 * that they cover.
 */
async function* partitionsOf(
  parents: readonly ParentStream[],
  context: ExtractContext,
  state: StreamState | null,
): AsyncIterable<PartitionEvent> {
  const lazily = Object.keys(state ?? {}).length === 0;
  const states: JsonObject = {};
  for (const parent of parents) {
    const known = parent.stateIn(state);
    if (parent.incremental && known) states[parent.name] = known;
  }
  for (const parent of parents) {
    const request = { stream: parent.configured, state: parent.stateIn(state) };
    for await (const event of parent.reader.read(context, request)) {
      if (event.type === 'notice') yield { notice: `${parent.name}: ${event.message}` };
      else if (event.type === 'slice_closed') {
        if (!parent.incremental) continue;
        states[parent.name] = event.state;
        yield { parentState: { ...states } };
      } else if (event.type === 'page')
        for (const record of event.records) {
          const slice = parent.sliceOf(record, event.partition ?? {}, lazily);
          if (slice) yield { slice };
        }
    }
  }
  yield { parentState: { ...states } };
}

/** As Python has it: what is empty or zero is not sent. */
function isTruthy(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
