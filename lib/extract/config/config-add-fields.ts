import { copyJson, type JsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateBoolean, interpolateString, plain } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from '../scope.ts';
import { setPath } from '../transform/add-fields.ts';
import { VALUE_TYPES } from '../transform/value-types.ts';
import type { ConfigTransformation } from './config-rules.ts';

export const configAddFields = defineKind<ConfigTransformation>({
  name: 'ConfigAddFields',
  family: 'config_transformation',
  docs: 'Adds or replaces fields of the config; later ones see earlier ones.',
  example: `type: ConfigAddFields\nfields:\n  - { type: AddedFieldDefinition, path: [account_ids], value: "{{ [config['account_id']] }}" }\ncondition: "{{ 'account_id' in config }}"\n`,
  fields: {
    fields: component('The fields.', 'added_field', {
      required: true,
      types: ['array'],
      defaultType: 'AddedFieldDefinition',
    }),
    condition: template('Only where this holds.', ['value', 'path', 'property'], { types: ['string', 'boolean'] }),
  },
  create: (addition, build) => ({
    transform(config) {
      const result = copyJson(config);
      for (const field of addition.fields as JsonObject[]) {
        const scope = scopeOf({ config: result, now: build.now }, field);
        const accepts = VALUE_TYPES[String(field.value_type)];
        const value =
          typeof field.value === 'string' ? plain(interpolateString(field.value, scope, accepts)) : field.value;
        const { condition } = addition;
        const holds =
          condition === undefined ||
          condition === '' ||
          interpolateBoolean(
            condition as string | boolean,
            scopeOf({ config: result, now: build.now }, addition, { value, path: field.path, property: value }),
          );
        if (holds) setPath(result, (field.path as JsonValue[]).map(String), value as JsonValue);
      }
      return result;
    },
  }),
});
