import { component, defineKind, template } from '#lib/manifest/kind.ts';

export const conditionalStreams = defineKind<null>({
  name: 'ConditionalStreams',
  family: 'conditional_streams',
  docs: 'Streams that are there only for some configs.',
  example: `type: ConditionalStreams
condition: "{{ config['with_archive'] }}"
streams:
  - type: DeclarativeStream
    name: archive
    retriever:
      type: SimpleRetriever
      requester: { type: HttpRequester, url: https://api.example.com/archive }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
`,
  fields: {
    condition: template('Where this holds for the config, the streams are there.', [], {
      required: true,
      types: ['string', 'boolean'],
    }),
    streams: component('The streams.', 'stream', {
      required: true,
      types: ['array'],
      defaultType: 'DeclarativeStream',
    }),
  },
  // The manifest keeps the streams apart, each with the condition.
  create: () => null,
});
