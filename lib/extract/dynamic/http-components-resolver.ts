import { component, defineKind } from '#lib/manifest/kind.ts';
import type { ComponentsResolver } from '../families.ts';
import { recordsOf } from '../records-of.ts';
import { sliceVariables } from '../slice.ts';
import { conditionProblems, filledIn, mappingsOf } from './component-mapping.ts';

export const httpComponentsResolver = defineKind<ComponentsResolver>({
  name: 'HttpComponentsResolver',
  family: 'components_resolver',
  docs: 'Fills a template in with the records of an API: one stream for each of them.',
  example: `type: HttpComponentsResolver
retriever:
  type: SimpleRetriever
  requester: { type: HttpRequester, url: https://api.example.com/tables }
  record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
components_mapping:
  - { type: ComponentMappingDefinition, field_path: [name], value: "{{ components_values['name'] }}" }
`,
  fields: {
    retriever: component('What is read.', 'retriever', { required: true, defaultType: 'SimpleRetriever' }),
    components_mapping: component('What goes where.', 'components_mapping', {
      required: true,
      types: ['array'],
      defaultType: 'ComponentMappingDefinition',
    }),
  },
  problems: conditionProblems,
  create(resolver, build) {
    const mappings = mappingsOf(resolver, build);
    return {
      async *resolve(context, template) {
        for await (const { record, slice } of recordsOf(context, build, resolver.retriever, 'dynamic streams'))
          yield filledIn(
            template,
            mappings,
            { ...sliceVariables(slice), components_values: record },
            { asYaml: false },
          );
      },
    };
  },
});
