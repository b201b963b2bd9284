import { component, defineKind } from '#lib/manifest/kind.ts';
import { metadataSchema } from '#lib/manifest/weir-block.ts';

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
      streams: component('The streams.', ['stream', 'conditional_streams'], {
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
      dynamic_streams: component('Templates of streams, filled in from the config or by an API.', 'dynamic_stream', {
        types: ['array'],
        defaultType: 'DynamicDeclarativeStream',
      }),
      max_concurrent_async_job_count: {
        docs: 'Jobs of async retrievers that run at once; 1 when absent.',
        types: ['integer', 'string'],
        variables: ['config', 'parameters'],
      },
      metadata: { docs: 'For tools; below weir are tests and checks.', types: ['object'], schema: metadataSchema },
      description: { docs: 'For people.', types: ['string'] },
      schemas: { docs: 'Schemas that streams refer to.', types: ['object'] },
      definitions: { docs: 'Parts that are used through $ref.', types: ['object'] },
    },
    problems: ({ streams, dynamic_streams: templates }) =>
      streams === undefined && templates === undefined
        ? [{ message: 'A manifest needs streams.', hint: 'Or dynamic_streams, which make them.' }]
        : [],
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
      config_normalization_rules: component('What is done with the config before anything is read.', 'config_rules', {
        defaultType: 'ConfigNormalizationRules',
      }),
    },
    create: () => null,
  }),
];
