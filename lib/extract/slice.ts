import { type JsonValue, stringifyJson } from '#lib/json.ts';

/** One piece of a stream: a partition, and a stretch of the cursor. */
export interface Slice {
  readonly partition: Readonly<Record<string, unknown>>;
  readonly cursor: Readonly<Record<string, string | number | bigint>>;
  /** Fields of the parent record that templates may use beside the partition. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Its first page, where that came with the parent record. */
  readonly firstPage?: JsonValue;
}

export const WHOLE_STREAM: Slice = { partition: {}, cursor: {}, extra: {} };

/** The slice as templates see it. */
export function sliceVariables({ partition, cursor, extra }: Slice): Record<string, unknown> {
  return { ...extra, stream_slice: { ...extra, ...partition, ...cursor, extra_fields: extra } };
}

/** Names a slice in events, messages and logs: the same text for the same slice. */
export function sliceKey({ partition, cursor }: Slice): string {
  const all = { ...partition, ...cursor };
  return Object.keys(all).length === 0 ? 'all' : canonical(all);
}

/** A partition's key in the state: JSON with sorted keys and no blanks. */
export function partitionKey(partition: Readonly<Record<string, unknown>>): string {
  return canonical(partition);
}

function canonical(value: unknown): string {
  const sort = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(sort);
    if (typeof item !== 'object' || item === null || Object.getPrototypeOf(item) !== Object.prototype) return item;
    return Object.fromEntries(
      Object.entries(item)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, sort(inner)]),
    );
  };
  return stringifyJson(sort(value));
}
