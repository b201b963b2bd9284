import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateBoolean } from '#lib/manifest/template/interpolate.ts';
import type { Transformation } from '../families.ts';
import { scopeOf } from '../scope.ts';

export const removeFields = defineKind<Transformation>({
  name: 'RemoveFields',
  family: 'transformation',
  docs: 'Removes fields; `*` and `**` stand for any key and any path.',
  example: 'type: RemoveFields\nfield_pointers:\n  - [internal_notes]\n',
  fields: {
    field_pointers: { docs: 'Paths, outermost first.', required: true, types: ['array'] },
    condition: template('Only where this holds for the field (`property`).', ['record', 'property'], {
      types: ['string', 'boolean'],
    }),
  },
  create(transformation, build) {
    const pointers = (transformation.field_pointers as JsonValue[]).map((pointer) => [pointer].flat().map(String));
    const { condition } = transformation;
    const goes = (property: JsonValue) =>
      condition === undefined ||
      condition === '' ||
      interpolateBoolean(condition as string | boolean, scopeOf(build, transformation, { property }));
    return {
      transform(record) {
        const result = structuredClone(record);
        for (const pointer of pointers) remove(result, pointer, goes);
        return result;
      },
    };
  },
});

/** An element of a list becomes null, so that the others keep their places. */
export function remove(value: JsonValue, path: readonly string[], goes: (property: JsonValue) => boolean): void {
  const [key = '', ...rest] = path;
  if (key === '**') {
    remove(value, rest, goes);
    for (const child of Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [])
      remove(child, path, goes);
    return;
  }
  const container = value as JsonObject;
  if (!isJsonObject(value) && !Array.isArray(value)) return;
  const names = key.includes('*')
    ? Object.keys(container).filter((name) => glob(key).test(name))
    : Object.hasOwn(container, key)
      ? [key]
      : [];
  for (const name of names) {
    const child = container[name] as JsonValue;
    if (rest.length > 0) remove(child, rest, goes);
    else if (goes(child)) {
      if (Array.isArray(value)) value[Number(name)] = null;
      else delete container[name];
    }
  }
}

function glob(key: string): RegExp {
  return new RegExp(
    `^${key
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
}
