import type { JsonObject } from '#lib/json.ts';
import type { CompiledMapper } from './mapper.ts';

/**
 * The same mapper, beside which no field is lost: one of the source's own that has the name which the mapper gives is called
 * `<name> (source)` from here on. No schema need have known it.
 */
export function keepApart(mapper: CompiledMapper): CompiledMapper {
  const { gives } = mapper;
  if (gives === undefined) return mapper;
  const apart = apartName(gives);
  return {
    ...mapper,
    rename: (field) => (field === gives ? apart : mapper.rename(field)),
    map: (record, note) => mapper.map(Object.hasOwn(record, gives) ? movedAside(record, gives) : record, note),
  };
}

function movedAside(record: JsonObject, field: string): JsonObject {
  let name = apartName(field);
  while (Object.hasOwn(record, name)) name = apartName(name);
  return Object.fromEntries(Object.entries(record).map(([own, value]) => [own === field ? name : own, value]));
}

function apartName(field: string): string {
  return `${field} (source)`;
}
