import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { streamsOver } from '../fixtures/answering-client.ts';

const template = `stream_template:
      name: filled in
      primary_key: [id]
      schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: {} } }
      retriever:
        requester:
          url_base: https://api.example.com
          path: filled in
        record_selector: { extractor: { field_path: [data] } }`;

const manifest = (resolver: string, more = '', check = '{ type: CheckDynamicStream, stream_count: 1 }') => `
version: 6.0.0
check: ${check}
dynamic_streams:
  - type: DynamicDeclarativeStream
    name: tables
    ${template}
    components_resolver:
${resolver.replaceAll(/^/gm, '      ')}
${more}
`;

const NAME = `- { type: ComponentMappingDefinition, field_path: [name], value: "{{ components_values.name }}" }`;
const PATH = `- { type: ComponentMappingDefinition, field_path: [retriever, requester, path], value: "/{{ components_values.name }}/{{ components_values.id }}" }`;

const fromConfig = (mappings: string, config = '{ configs_pointer: [tables] }') => `type: ConfigComponentsResolver
stream_config: ${config}
components_mapping:
  ${mappings.replaceAll('\n', '\n  ')}`;

const answer = (url: URL) => {
  if (url.pathname === '/tables')
    return {
      tables: [
        { id: 1, name: 'orders' },
        { id: 2, name: 'items' },
      ],
      next: null,
    };
  return { data: [{ from: url.pathname }] };
};

const names = (streams: readonly { name: string }[]) => streams.map(({ name }) => name);

describe('streams of the config', () => {
  const config = {
    tables: [
      { id: 1, name: 'orders' },
      { id: 2, name: 'items' },
    ],
  };

  test('one for each entry, and read as any other', async () => {
    const source = streamsOver(answer, manifest(fromConfig(`${NAME}\n${PATH}`)), { config });
    expect(names(await source.discover())).toEqual(['orders', 'items']);
    expect(source.client.asked).toEqual([]);
    expect((await source.read('items')).records).toEqual([{ from: '/items/2' }]);
  });

  test('defaults of the manifest are entries, too, and one entry need not be a list', async () => {
    const resolver = fromConfig(
      `${NAME}\n${PATH}`,
      '{ configs_pointer: [table], default_values: [{ id: 9, name: all }] }',
    );
    const source = streamsOver(answer, manifest(resolver), { config: { table: { id: 1, name: 'orders' } } });
    expect(names(await source.discover())).toEqual(['orders', 'all']);
  });

  test('several lists make every combination; what is no object goes by its list and position', async () => {
    const resolver = fromConfig(
      `- { type: ComponentMappingDefinition, field_path: [name], value: "{{ components_values['name'] }}_{{ components_values['source_config_1'][0] }}_{{ components_values['source_config_1'][1] }}" }`,
      '[{ configs_pointer: [tables] }, { configs_pointer: [regions] }]',
    );
    const source = streamsOver(answer, manifest(resolver), { config: { ...config, regions: ['eu', 'us'] } });
    expect(names(await source.discover())).toEqual(['orders_0_eu', 'orders_1_us', 'items_0_eu', 'items_1_us']);
  });

  test('a condition chooses, and what is missing is made only when the mapping says so', async () => {
    const resolver = fromConfig(`${NAME}
- type: ComponentMappingDefinition
  field_path: [retriever, paginator]
  value: "type: DefaultPaginator\\npagination_strategy: { type: OffsetIncrement, page_size: 1 }\\npage_token_option: { type: RequestOption, inject_into: request_parameter, field_name: offset }"
  create_or_update: true
  condition: "{{ components_values.name == 'orders' }}"
- { type: ComponentMappingDefinition, field_path: [transformations], value: "[{type: RemoveFields, field_pointers: [[from]]}]" }`);
    const pages: Record<string, unknown> = { '1': { data: [] } };
    const source = streamsOver(
      (url) => pages[url.searchParams.get('offset') ?? ''] ?? { data: [{ from: url.search }] },
      manifest(resolver),
      { config },
    );
    expect((await source.read('orders')).records).toEqual([{ from: '' }]);
    expect((await source.read('items')).records).toEqual([{ from: '' }]);
    expect(source.client.asked.length).toBe(3);
  });

  test('value_type keeps a name that looks like a number', async () => {
    const source = streamsOver(
      answer,
      manifest(
        fromConfig(
          `- { type: ComponentMappingDefinition, field_path: [name], value_type: string, value: "{{ components_values.name }}" }`,
        ),
      ),
      {
        config: { tables: [{ name: '2024' }] },
      },
    );
    expect(names(await source.discover())).toEqual(['2024']);
    const number = streamsOver(answer, manifest(fromConfig(NAME)), { config: { tables: [{ name: '2024' }] } });
    await expect(number.discover()).rejects.toMatchObject({
      code: 'bad_stream_name',
      hint: expect.stringContaining('value_type: string'),
    });
  });

  test('* reaches every place', async () => {
    const resolver = fromConfig(`${NAME}
- { type: ComponentMappingDefinition, field_path: ["**", path], value: "/any" }`);
    const source = streamsOver(answer, manifest(resolver), { config });
    expect((await source.read('orders')).records).toEqual([{ from: '/any' }]);
  });

  test('one that is not valid is refused with every problem', async () => {
    const resolver = fromConfig(`${NAME}
- { type: ComponentMappingDefinition, field_path: [retriever, requester, http_method], value: FETCH }
- { type: ComponentMappingDefinition, field_path: [retriever, paginator], value: "{type: DefaultPaginator}", create_or_update: true }`);
    const bad = manifest(resolver).replace('path: filled in', 'path: filled in\n          http_method: GET');
    await expect(streamsOver(answer, bad, { config }).discover()).rejects.toMatchObject({
      code: 'invalid_stream',
      message: expect.stringMatching(
        /^The stream orders that a template makes is not valid: .*not FETCH.*DefaultPaginator needs pagination_strategy/,
      ),
    });
  });

  test('two of one name are refused', async () => {
    const source = streamsOver(answer, manifest(fromConfig(NAME)), {
      config: { tables: [{ name: 'a' }, { name: 'a' }] },
    });
    await expect(source.discover()).rejects.toMatchObject({
      code: 'duplicate_stream',
      kind: 'config',
      message: 'tables makes two streams named a.',
    });
  });
});

test('streams of a list in the manifest', async () => {
  const resolver = `type: ParametrizedComponentsResolver
stream_parameters:
  list_of_parameters_for_stream: [{ name: orders, id: 1 }, { name: items, id: 2 }]
components_mapping:
  ${NAME}
  ${PATH}`;
  const source = streamsOver(answer, manifest(resolver));
  expect(names(await source.discover())).toEqual(['orders', 'items']);
  expect((await source.read('orders')).records).toEqual([{ from: '/orders/1' }]);
});

describe('streams of an API', () => {
  const resolver = (more = '') => `type: HttpComponentsResolver
retriever:
  requester: { url: https://api.example.com/tables }
  record_selector: { extractor: { field_path: [tables] } }
${more}
components_mapping:
  ${NAME}
  ${PATH}`;

  test('one for each of its records; it is asked once for all of them', async () => {
    const source = streamsOver(answer, manifest(resolver()));
    expect(names(await source.discover())).toEqual(['orders', 'items']);
    expect(source.client.asked).toEqual(['/tables']);
  });

  test('a slice of the resolver is there for the templates', async () => {
    const sliced = resolver(
      '  partition_router: { type: ListPartitionRouter, values: [a, b], cursor_field: base }',
    ).replace(
      NAME,
      `- { type: ComponentMappingDefinition, field_path: [name], value: "{{ stream_slice.base }}_{{ components_values.name }}" }`,
    );
    const source = streamsOver(answer, manifest(sliced));
    expect(names(await source.discover())).toEqual(['a_orders', 'a_items', 'b_orders', 'b_items']);
  });

  test('streams that are declared are read without asking', async () => {
    const declared = `streams:
  - name: plain
    retriever:
      requester: { url: https://api.example.com/plain }
      record_selector: { extractor: { field_path: [data] } }`;
    const source = streamsOver(answer, manifest(resolver(), declared));
    expect((await source.read('plain')).records).toEqual([{ from: '/plain' }]);
    expect(source.client.asked).toEqual(['/plain']);
    expect(names(await source.discover())).toEqual(['plain', 'orders', 'items']);
  });

  test('a name that is not there any more is told', async () => {
    await expect(streamsOver(answer, manifest(resolver())).read('gone')).rejects.toMatchObject({
      code: 'unknown_stream',
      message: 'The manifest has no stream named gone any more.',
    });
  });
});

describe('parameters', () => {
  const nested = (use: boolean | null) => `
version: 6.0.0
check: { type: CheckDynamicStream, stream_count: 1 }
dynamic_streams:
  - type: DynamicDeclarativeStream
    ${use === null ? '' : `use_parent_parameters: ${use}`}
    stream_template:
      name: table
      $parameters: { place: outer }
      retriever:
        requester:
          $parameters: { place: inner }
          url: "https://api.example.com/{{ parameters.place }}"
        record_selector: { extractor: { field_path: [data] } }
    components_resolver:
      type: ParametrizedComponentsResolver
      stream_parameters: { list_of_parameters_for_stream: [{ name: one }] }
      components_mapping:
        ${NAME}
`;

  test('of the outer component win, unless the manifest says no', async () => {
    const from = async (use: boolean | null) => (await streamsOver(answer, nested(use)).read('one')).records;
    expect(await from(null)).toEqual([{ from: '/outer' }]);
    expect(await from(false)).toEqual([{ from: '/inner' }]);
  });
});

describe('a manifest with templates', () => {
  test('needs streams or dynamic_streams', () => {
    expect(() => streamsOver(answer, 'version: 6.0.0\ncheck: { stream_names: [] }')).toThrow(
      'A manifest needs streams.',
    );
  });

  test('a condition of another resolver than that of the config is refused', () => {
    const resolver = `type: ParametrizedComponentsResolver
stream_parameters: { list_of_parameters_for_stream: [{ name: one }] }
components_mapping:
  - { type: ComponentMappingDefinition, field_path: [name], value: a, condition: "{{ true }}" }`;
    expect(() => streamsOver(answer, manifest(resolver))).toThrow(/takes no condition in components_mapping/);
  });

  test('is checked by the number of streams, all of them or those of a template', async () => {
    const config: JsonObject = {
      tables: [
        { name: 'orders', id: 1 },
        { name: 'items', id: 2 },
        { name: 'third', id: 3 },
      ],
    };
    const resolver = fromConfig(`${NAME}\n${PATH}`);
    const counted = streamsOver(answer, manifest(resolver, '', '{ type: CheckDynamicStream, stream_count: 2 }'), {
      config,
    });
    expect(await counted.check()).toEqual({ ok: true, message: 'Read from orders, items.' });
    expect(counted.client.asked).toEqual(['/orders/1', '/items/2']);
    const made = '{ type: CheckDynamicStream, stream_count: 1, use_check_availability: false }';
    const unread = streamsOver(answer, manifest(resolver, '', made), { config });
    expect(await unread.check()).toEqual({ ok: true, message: 'There are 3 streams.' });
    expect(unread.client.asked).toEqual([]);
    const named =
      '{ type: CheckStream, dynamic_streams_check_configs: [{ dynamic_stream_name: tables, stream_count: 1 }] }';
    const one = streamsOver(answer, manifest(resolver, '', named), { config });
    expect(await one.check()).toEqual({ ok: true, message: 'Read from orders.' });
    const unknown = streamsOver(answer, manifest(resolver, '', named.replace('tables', 'tabels')), { config });
    expect(await unknown.check()).toEqual({
      ok: false,
      message: 'check names the dynamic stream tabels, which is not declared.',
    });
    const none = streamsOver(answer, manifest(resolver), { config: { tables: [] } });
    expect(await none.check()).toEqual({ ok: false, message: 'There are no streams with this config.' });
  });
});
