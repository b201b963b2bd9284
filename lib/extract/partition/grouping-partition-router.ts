import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { PartitionEvent, PartitionRouter } from '../families.ts';
import { partitionKey, type Slice } from '../slice.ts';
import { listPartitionRouter } from './list-partition-router.ts';

const NO_OPTIONS =
  'Groups take no request_option: put the values into the requester, such as {{ stream_partition.id }}.';

export const groupingPartitionRouter = defineKind<PartitionRouter>({
  name: 'GroupingPartitionRouter',
  family: 'partition_router',
  docs: 'Puts so many partitions of another router into one: for APIs that take several keys in one request.',
  example: `type: GroupingPartitionRouter\ngroup_size: 50\nunderlying_partition_router: { type: ${listPartitionRouter.name}, values: [a, b], cursor_field: id }\n`,
  fields: {
    group_size: { docs: 'Partitions in a group.', required: true, types: ['integer'] },
    underlying_partition_router: component('Gives the partitions.', 'partition_router', { required: true }),
    deduplicate: { docs: 'Leave out values that came before; true when absent.', types: ['boolean'] },
  },
  problems: ({ group_size: size, underlying_partition_router: router }) => [
    ...(typeof size === 'number' && size < 1 ? [{ field: 'group_size', message: 'group_size is at least 1.' }] : []),
    ...(isJsonObject(router) && hasOption(router)
      ? [{ field: 'underlying_partition_router', message: NO_OPTIONS }]
      : []),
  ],
  create(grouping, build) {
    const router = build.create<PartitionRouter>(grouping.underlying_partition_router);
    const [field = ''] = router.fields;
    const options = { field, size: Number(grouping.group_size), unique: grouping.deduplicate !== false };
    return {
      fields: router.fields,
      oneState: true,
      partitions: (context, state) => grouped(router.partitions(context, state), options),
      parts: () => ({}),
    };
  },
});

interface Grouping {
  readonly field: string;
  readonly size: number;
  readonly unique: boolean;
}

/** A parent's state waits for the group with the last partition that it covers. */
async function* grouped(
  events: AsyncIterable<PartitionEvent>,
  { field, size, unique }: Grouping,
): AsyncIterable<PartitionEvent> {
  const seen = new Set<string>();
  let group: Slice[] = [];
  let held: PartitionEvent | null = null;
  const flush = function* (): Iterable<PartitionEvent> {
    if (group.length > 0) yield { slice: together(group) };
    if (held) yield held;
    group = [];
    held = null;
  };
  for await (const event of events) {
    if ('slice' in event) {
      const key = partitionKey({ [field]: event.slice.partition[field] });
      if (unique && seen.has(key)) continue;
      if (unique) seen.add(key);
      group.push(event.slice);
      if (group.length === size) yield* flush();
    } else if ('parentState' in event && group.length > 0) held = event;
    else yield event;
  }
  yield* flush();
}

/** Each name has the list of its values. */
function together(group: readonly Slice[]): Slice {
  const lists = (values: (slice: Slice) => Readonly<Record<string, unknown>>) => {
    const names = new Set(group.flatMap((slice) => Object.keys(values(slice))));
    return Object.fromEntries([...names].map((name) => [name, group.map((slice) => values(slice)[name] ?? null)]));
  };
  return { partition: lists(({ partition }) => partition), cursor: {}, extra: lists(({ extra }) => extra) };
}

function hasOption(router: JsonObject): boolean {
  const parents = Array.isArray(router.parent_stream_configs) ? router.parent_stream_configs.filter(isJsonObject) : [];
  return [router, ...parents].some(({ request_option: option }) => Boolean(option));
}
