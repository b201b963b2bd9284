import { component, defineKind } from '#lib/manifest/kind.ts';

/** The root of a manifest and the parts that only describe. */
export const sourceKinds = [
  defineKind<null>({
    name: 'DeclarativeSource',
    family: 'source',
    docs: 'A connector: its streams, its settings, and how it is tested.',
    example: 'type: DeclarativeSource\nversion: 6.0.0\ncheck: { type: CheckStream, stream_names: [] }\nstreams: []\n',
    fields: {
      version: { docs: 'Version of the language, such as 6.0.0.', required: true, types: ['string'] },
      check: component('Which streams a test of the source reads.', 'check', {
        required: true,
        defaultType: 'CheckStream',
      }),
      streams: component('The streams.', 'stream', {
        required: true,
        types: ['array'],
        defaultType: 'DeclarativeStream',
      }),
      spec: component('The settings that a source asks for.', 'spec', { defaultType: 'Spec' }),
      concurrency_level: component(
        'How many slices of a stream are read at once; 2 when absent.',
        'concurrency_level',
        {
          defaultType: 'ConcurrencyLevel',
        },
      ),
      api_budget: component('How often the API may be asked.', 'api_budget', { defaultType: 'HTTPAPIBudget' }),
      dynamic_streams: { docs: 'Streams that are made when read; not supported yet.', types: ['array'] },
      metadata: { docs: 'For tools.', types: ['object'] },
      description: { docs: 'For people.', types: ['string'] },
      schemas: { docs: 'Schemas that streams refer to.', types: ['object'] },
      definitions: { docs: 'Parts that are used through $ref.', types: ['object'] },
    },
    create: () => null,
  }),
  defineKind<null>({
    name: 'Spec',
    family: 'spec',
    docs: 'The settings that a source asks for, as a JSON schema.',
    example:
      'type: Spec\nconnection_specification:\n  type: object\n  required: [api_token]\n  properties:\n    api_token: { type: string, airbyte_secret: true }\n',
    fields: {
      connection_specification: {
        docs: 'JSON schema of the config; secrets carry airbyte_secret: true.',
        required: true,
        types: ['object'],
      },
      documentation_url: { docs: 'Where the connector is described.', types: ['string'] },
      advanced_auth: { docs: 'How OAuth fills the config.', types: ['object'] },
      config_normalization_rules: { docs: 'Changes of the config; not applied yet.', types: ['object'] },
    },
    create: () => null,
  }),
  defineKind<null>({
    name: 'CheckStream',
    family: 'check',
    docs: 'A test reads the first record of these streams.',
    example: 'type: CheckStream\nstream_names: [orders]\n',
    fields: {
      stream_names: { docs: 'The streams.', types: ['array'] },
      dynamic_streams_check_configs: { docs: 'Not supported yet.', types: ['array'] },
    },
    create: () => null,
  }),
];
