import { copyJson, isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type Build, component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Transformation } from '../families.ts';
import { valueAt, valuesAt } from '../paths.ts';
import { scopeOf } from '../scope.ts';
import { removeAt } from './match-path.ts';

type RenameKey = (key: string) => string;

export const keyTransformation = defineKind<RenameKey>({
  name: 'KeyTransformation',
  family: 'key_transformation',
  docs: 'Puts a text before or behind each key.',
  example: 'type: KeyTransformation\nprefix: properties_\n',
  fields: { prefix: template('Before it.'), suffix: template('Behind it.') },
  create(transformation, build) {
    const text = (value: JsonValue | undefined) =>
      value ? interpolateText(String(value), scopeOf(build, transformation)) : '';
    const [prefix, suffix] = [text(transformation.prefix), text(transformation.suffix)];
    return (key) => `${prefix}${key}${suffix}`;
  },
});

export const dpathFlattenFields = defineKind<Transformation>({
  name: 'DpathFlattenFields',
  family: 'transformation',
  docs: 'Brings the fields of one object to the top, unless a name is taken there.',
  example: 'type: DpathFlattenFields\nfield_path: [properties]\ndelete_origin_value: true\n',
  fields: {
    field_path: {
      docs: 'Path of the object; `*` stands for any key, and the first match counts.',
      required: true,
      types: ['array'],
      variables: ['config', 'parameters'],
    },
    delete_origin_value: { docs: 'Remove the object from where it was.', types: ['boolean'] },
    replace_record: { docs: 'Its fields are the whole record.', types: ['boolean'] },
    key_transformation: component('Changes its keys.', 'key_transformation', { defaultType: 'KeyTransformation' }),
  },
  create(transformation, build) {
    const path = pathOf(transformation, build);
    const rename = transformation.key_transformation
      ? build.create<RenameKey>(transformation.key_transformation)
      : (key: string) => key;
    return {
      transform(record) {
        const found = path.includes('*') ? valuesAt(record, path)[0] : valueAt(record, path);
        if (!isJsonObject(found)) return record;
        const fields = Object.fromEntries(Object.entries(found).map(([key, value]) => [rename(key), value]));
        const isEmpty = Object.keys(fields).length === 0;
        if (transformation.replace_record === true && !isEmpty) return fields;
        if (Object.keys(fields).some((key) => Object.hasOwn(record, key))) return record;
        return { ...withoutOrigin(record, path, transformation), ...fields };
      },
    };
  },
});

function withoutOrigin(record: JsonObject, path: readonly string[], transformation: JsonObject): JsonObject {
  if (transformation.delete_origin_value !== true) return record;
  const left = copyJson(record);
  removeAt(left, path);
  return left;
}

function pathOf(transformation: JsonObject, build: Build): string[] {
  return (transformation.field_path as JsonValue[]).map((part) =>
    interpolateText(String(part), scopeOf(build, transformation)),
  );
}
