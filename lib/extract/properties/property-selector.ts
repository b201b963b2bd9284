import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { Transformation } from '../families.ts';
import { WHOLE_STREAM } from '../slice.ts';

export interface PropertySelector {
  /** Names of the fields that a stream of this schema is to have. */
  wanted(schema: JsonObject): Promise<Set<string>>;
}

export const jsonSchemaPropertySelector = defineKind<PropertySelector>({
  name: 'JsonSchemaPropertySelector',
  family: 'property_selector',
  docs: 'Asks only for the fields that the connection has chosen.',
  example: 'type: JsonSchemaPropertySelector\n',
  fields: {
    transformations: component('Make the names of the schema those of the API.', 'transformation', {
      types: ['array'],
    }),
  },
  create(selector, build) {
    const transformations = (Array.isArray(selector.transformations) ? selector.transformations : []).map((item) =>
      build.create<Transformation>(item),
    );
    return {
      async wanted({ properties }) {
        let named: JsonObject = isJsonObject(properties) ? properties : {};
        for (const transformation of transformations) named = await transformation.transform(named, WHOLE_STREAM);
        return new Set(Object.keys(named));
      },
    };
  },
});
