import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type Build, component, defineKind } from '#lib/manifest/kind.ts';
import { interpolateString, plain } from '#lib/manifest/template/interpolate.ts';
import type { ComponentsResolver } from '../families.ts';
import { type PathPart, valueAt } from '../paths.ts';
import { scopeOf } from '../scope.ts';
import { filledIn, mappingsOf } from './component-mapping.ts';

/** What one stream is filled in with. */
type Values = Record<string, unknown>;

export const streamConfig = defineKind<readonly JsonValue[]>({
  name: 'StreamConfig',
  family: 'stream_config',
  docs: 'A list in the config: one stream for each of its entries.',
  example: 'type: StreamConfig\nconfigs_pointer: [tables]\n',
  fields: {
    configs_pointer: {
      docs: 'Where the list is in the config, outermost first.',
      required: true,
      types: ['array'],
      variables: ['config', 'parameters'],
    },
    default_values: { docs: 'Entries beside those of the config.', types: ['array'] },
  },
  create(entries, build) {
    const scope = scopeOf(build, entries);
    const pointer = (entries.configs_pointer as JsonValue[]).map(
      (part) => plain(interpolateString(String(part), scope)) as PathPart,
    );
    const found = valueAt(build.config, pointer) ?? [];
    const more = Array.isArray(entries.default_values) ? entries.default_values : [];
    return [...(Array.isArray(found) ? found : [found]), ...more];
  },
});

export const configComponentsResolver = defineKind<ComponentsResolver>({
  name: 'ConfigComponentsResolver',
  family: 'components_resolver',
  docs: 'Fills a template in with what the config lists: several lists make every combination.',
  example: `type: ConfigComponentsResolver\nstream_config: { type: StreamConfig, configs_pointer: [tables] }\ncomponents_mapping:\n  - { type: ComponentMappingDefinition, field_path: [name], value: "{{ components_values['name'] }}" }\n`,
  fields: {
    stream_config: component('The list, or several.', 'stream_config', {
      required: true,
      types: ['array'],
      defaultType: 'StreamConfig',
    }),
    components_mapping: component('What goes where.', 'components_mapping', {
      required: true,
      types: ['array'],
      defaultType: 'ComponentMappingDefinition',
    }),
  },
  create(resolver, build) {
    const mappings = mappingsOf(resolver, build);
    return {
      async *resolve(_context, template) {
        for (const values of combinations(listsOf(resolver, build)))
          yield filledIn(template, mappings, { components_values: values, stream_slice: {} }, { asYaml: true });
      },
    };
  },
});

function listsOf(resolver: JsonObject, build: Build): (readonly JsonValue[])[] {
  return [resolver.stream_config ?? []].flat().map((entries) => build.create<readonly JsonValue[]>(entries));
}

/** Objects are merged, the last wins; what is no object goes by the number of its list, with its position. */
function* combinations(lists: readonly (readonly JsonValue[])[], chosen: Values = {}, depth = 0): Generator<Values> {
  const list = lists[depth];
  if (!list) {
    yield chosen;
    return;
  }
  for (const [index, entry] of list.entries()) {
    const name = `source_config_${depth}`;
    const own = isJsonObject(entry) ? entry : name in chosen ? {} : { [name]: [index, entry] };
    yield* combinations(lists, { ...chosen, ...own }, depth + 1);
  }
}
