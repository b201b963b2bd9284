import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import type { ComponentsResolver, DynamicStreams } from '../families.ts';

/** Streams of one template; a config or an API that makes more is a mistake. */
const MOST_STREAMS = 5_000;

export const dynamicDeclarativeStream = defineKind<DynamicStreams>({
  name: 'DynamicDeclarativeStream',
  family: 'dynamic_stream',
  docs: 'Makes streams from one template: one for each entry of the config, of a list, or of what an API answers.',
  example: `type: DynamicDeclarativeStream
name: tables
stream_template:
  type: DeclarativeStream
  name: table
  retriever:
    type: SimpleRetriever
    requester: { type: HttpRequester, url: https://api.example.com/tables/none }
    record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
components_resolver:
  type: ConfigComponentsResolver
  stream_config: { type: StreamConfig, configs_pointer: [tables] }
  components_mapping:
    - { type: ComponentMappingDefinition, field_path: [name], value: "{{ components_values['name'] }}" }
`,
  fields: {
    name: { docs: 'What a check calls them together.', types: ['string'] },
    stream_template: component('The template; what it lacks is filled in.', 'stream', {
      required: true,
      defaultType: 'DeclarativeStream',
      partial: true,
    }),
    components_resolver: component('What the template is filled in with.', 'components_resolver', { required: true }),
    use_parent_parameters: {
      docs: 'Parameters of an outer component beat those of an inner one; true when absent.',
      types: ['boolean'],
    },
  },
  create(dynamic, build) {
    const resolver = build.create<ComponentsResolver>(dynamic.components_resolver);
    const template = isJsonObject(dynamic.stream_template) ? dynamic.stream_template : {};
    const parentFirst = dynamic.use_parent_parameters !== false;
    return {
      async streams(context) {
        const made: JsonObject[] = [];
        for await (const stream of resolver.resolve(context, template)) {
          if ('name' in stream) assertName(stream.name);
          const complete = build.complete(stream, { parentFirst });
          assertName(complete.name || null);
          made.push(complete);
          if (made.length > MOST_STREAMS) throw tooMany(String(dynamic.name ?? ''));
        }
        return made;
      },
    };
  },
});

function assertName(name: JsonValue): void {
  if (typeof name === 'string') return;
  throw new WeirError({
    kind: 'config',
    code: 'bad_stream_name',
    message: `A dynamic stream has ${JSON.stringify(name)} for a name.`,
    hint: 'Map the name in components_mapping, with value_type: string where names look like numbers.',
  });
}

function tooMany(name: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'too_many_streams',
    message: `${name || 'A template'} makes more than ${MOST_STREAMS} streams.`,
    hint: 'Narrow what the resolver reads.',
  });
}
