import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { ComponentsResolver } from '../families.ts';
import { conditionProblems, filledIn, mappingsOf } from './component-mapping.ts';

export const streamParameters = defineKind<readonly JsonObject[]>({
  name: 'StreamParametersDefinition',
  family: 'stream_parameters',
  docs: 'Values for each of the streams, in the manifest itself.',
  example: 'type: StreamParametersDefinition\nlist_of_parameters_for_stream:\n  - { name: orders }\n',
  fields: {
    list_of_parameters_for_stream: { docs: 'One object for each stream.', required: true, types: ['array'] },
  },
  create: ({ list_of_parameters_for_stream: list }) => (Array.isArray(list) ? list.filter(isJsonObject) : []),
});

export const parametrizedComponentsResolver = defineKind<ComponentsResolver>({
  name: 'ParametrizedComponentsResolver',
  family: 'components_resolver',
  docs: 'Fills a template in with values that the manifest lists.',
  example: `type: ParametrizedComponentsResolver\nstream_parameters:\n  type: StreamParametersDefinition\n  list_of_parameters_for_stream: [{ name: orders }]\ncomponents_mapping:\n  - { type: ComponentMappingDefinition, field_path: [name], value: "{{ components_values['name'] }}" }\n`,
  fields: {
    stream_parameters: component('The values.', 'stream_parameters', {
      required: true,
      defaultType: 'StreamParametersDefinition',
    }),
    components_mapping: component('What goes where.', 'components_mapping', {
      required: true,
      types: ['array'],
      defaultType: 'ComponentMappingDefinition',
    }),
  },
  problems: conditionProblems,
  create(resolver, build) {
    const mappings = mappingsOf(resolver, build);
    const list = build.create<readonly JsonObject[]>(resolver.stream_parameters);
    return {
      async *resolve(_context, template) {
        for (const values of list)
          yield filledIn(template, mappings, { components_values: values, stream_slice: {} }, { asYaml: true });
      },
    };
  },
});
