import { copyJson, type JsonValue } from '#lib/json.ts';
import { defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateBoolean } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from '../scope.ts';
import { removeAt } from '../transform/match-path.ts';
import type { ConfigTransformation } from './config-rules.ts';

export const configRemoveFields = defineKind<ConfigTransformation>({
  name: 'ConfigRemoveFields',
  family: 'config_transformation',
  docs: 'Removes fields of the config.',
  example: 'type: ConfigRemoveFields\nfield_pointers:\n  - [credentials, old_token]\n',
  fields: {
    field_pointers: { docs: 'Paths, outermost first; * stands for any key.', required: true, types: ['array'] },
    condition: template('Only where this holds.', ['property'], { types: ['string', 'boolean'] }),
  },
  create: (removal, build) => ({
    transform(config) {
      const { condition, field_pointers: pointers } = removal;
      const scope = scopeOf({ config, now: build.now }, removal, { property: null });
      if (condition && !interpolateBoolean(condition as string | boolean, scope)) return config;
      const result = copyJson(config);
      for (const pointer of pointers as JsonValue[]) removeAt(result, [pointer].flat().map(String));
      return result;
    },
  }),
});
