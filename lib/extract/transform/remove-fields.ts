import { copyJson, isJsonObject, type JsonValue } from '#lib/json.ts';
import { defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateBoolean } from '#lib/manifest/template/interpolate.ts';
import type { Transformation } from '../families.ts';
import { scopeOf } from '../scope.ts';
import { removeAt } from './match-path.ts';

export const removeFields = defineKind<Transformation>({
  name: 'RemoveFields',
  family: 'transformation',
  docs: 'Removes fields; `*` and `**` stand for any key and any path.',
  example: 'type: RemoveFields\nfield_pointers:\n  - [internal_notes]\n',
  fields: {
    field_pointers: { docs: 'Paths, outermost first.', required: true, types: ['array'] },
    condition: template('Only values, no objects and lists, for which this holds (`property`).', ['property'], {
      types: ['string', 'boolean'],
    }),
  },
  problems: ({ field_pointers: pointers }) =>
    (Array.isArray(pointers) ? pointers : [])
      .filter((pointer) => [pointer].flat().filter((part) => part === '**').length > 1)
      .map(() => ({ field: 'field_pointers', message: 'A path can have ** once.' })),
  create(transformation, build) {
    const pointers = (transformation.field_pointers as JsonValue[]).map((pointer) => [pointer].flat().map(String));
    const { condition } = transformation;
    const goes = (property: JsonValue) =>
      !isJsonObject(property) &&
      !Array.isArray(property) &&
      interpolateBoolean(condition as string | boolean, scopeOf(build, transformation, { property }));
    const always = condition === undefined || condition === null || condition === '';
    return {
      transform(record) {
        const result = copyJson(record);
        for (const pointer of pointers) removeAt(result, pointer, always ? undefined : goes);
        return result;
      },
    };
  },
});
