import { describe, expect, test } from 'vitest';
import { language } from '#lib/extract/kinds.ts';
import { parseManifest } from './parse-manifest.ts';

const RETRIEVER = `retriever:
      requester: { url: https://shop.example/orders }
      record_selector: { extractor: { field_path: [data] } }`;
const ORDERS = `version: 6.0.0
check: { stream_names: [orders] }
streams:
  - name: orders
    ${RETRIEVER}
`;

const parse = (text: string) => parseManifest(text, language);

/** Each problem as one line, as a list beside the editor would show it. */
function problems(text: string): string[] {
  return parse(text).issues.map(
    ({ severity, line, column, code, message, hint }) =>
      `${line}:${column} ${severity} ${code}: ${[message, hint].filter(Boolean).join(' ')}`,
  );
}

describe('a manifest', () => {
  test('of a few lines is enough: types are assumed as the CDK does', () => {
    const { issues, manifest } = parse(ORDERS);
    expect(issues).toEqual([]);
    expect(manifest?.streams).toMatchObject([
      {
        name: 'orders',
        line: 4,
        component: {
          type: 'DeclarativeStream',
          retriever: {
            type: 'SimpleRetriever',
            requester: { type: 'HttpRequester' },
            record_selector: { type: 'RecordSelector', extractor: { type: 'DpathExtractor', field_path: ['data'] } },
          },
        },
      },
    ]);
    expect(manifest?.spec).toEqual({ connectionSpecification: { type: 'object', properties: {} } });
  });

  test('cannot be changed once it is parsed', () => {
    const { manifest } = parse(ORDERS);
    expect(Object.isFrozen(manifest?.streams[0]?.component.retriever)).toBe(true);
  });

  test('may have Windows line ends and a byte order mark', () => {
    const wrong = ORDERS.replace('[data]', 'data');
    const there = '7:51 error wrong_type: field_path takes array, not string.';
    expect(problems(wrong)).toEqual([there]);
    expect(problems(wrong.replaceAll('\n', '\r\n'))).toEqual([there]);
    expect(problems(`\ufeff${wrong}`)).toEqual([there]);
  });

  test('marks the whole value that is wrong', () => {
    const [issue] = parse(ORDERS.replace('[data]', 'data')).issues;
    expect(issue).toMatchObject({ line: 7, column: 51, endLine: 7, endColumn: 55 });
    expect(issue?.path).toBe('streams.0.retriever.record_selector.extractor.field_path');
  });
});

describe('text that is no manifest', () => {
  test.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['a list', '- a\n- b\n'],
  ])('%s', (_name, text) => {
    expect(problems(text)).toEqual([
      '1:1 error no_manifest: A manifest is a mapping with version, check and streams. Start from a template.',
    ]);
    expect(parse(text).manifest).toBeNull();
  });

  test('broken YAML: the first place, and nothing that only follows from it', () => {
    expect(problems('version: 6\nstreams: [\n  - a: b\nfoo: }')).toEqual([
      '3:3 error yaml_block_in_flow: Block collections are not allowed within flow collections',
    ]);
  });

  test('tabs, a second document, an unknown tag', () => {
    expect(problems('version: 6.0.0\n\tstreams: []')).toEqual([
      '2:1 error yaml_tab_as_indent: Tabs are not allowed as indentation',
    ]);
    expect(problems(`${ORDERS}---\nmore: 1\n`)).toEqual([
      '8:1 error yaml_multiple_docs: A manifest is one document; a second one begins here.',
    ]);
    expect(problems(`${ORDERS}x: !python/object a\n`)).toEqual([
      '8:4 error yaml_tag_resolve_failed: Unresolved tag: !python/object',
    ]);
  });

  test('a key that is there twice is refused, not overwritten', () => {
    expect(problems(ORDERS.replace('name: orders', 'name: orders\n    name: customers'))).toEqual([
      '5:5 error yaml_duplicate_key: This key is there twice; keep one of the two.',
    ]);
  });

  test('__proto__ is no key', () => {
    expect(problems(`${ORDERS}__proto__: { polluted: true }\n`)).toEqual([
      '8:1 error forbidden_key: __proto__ is not allowed as a key.',
    ]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('a template without quotes is a mapping for YAML, and the hint says so', () => {
    expect(problems(ORDERS.replace('https://shop.example/orders', '{{ config.url }}'))).toEqual([
      '6:26 error yaml_collection_key: A mapping or list is no key. A template must stand in quotes: "{{ … }}".',
    ]);
  });

  test('an alias of nothing, and a merge of no mapping', () => {
    expect(problems(`${ORDERS}x: *nothing\n`)).toEqual([
      '8:4 error yaml_alias: There is no anchor &nothing before this.',
    ]);
    expect(problems(`${ORDERS}x:\n  <<: 3\n`)).toEqual([
      '1:1 error yaml_alias: Merge sources must be maps or map aliases',
    ]);
  });
});

describe('what would take all memory or time is refused', () => {
  const tenTimes = (item: string) => `[${Array(10).fill(item).join(', ')}]`;
  const names = [...'abcdefghij'];

  test('aliases of aliases', () => {
    const bomb = names.map((name, i) => `${name}: &${name} ${tenTimes(i === 0 ? 'x' : `*${names[i - 1]}`)}`);
    expect(problems(`${ORDERS}${bomb.join('\n')}\n`)).toEqual([
      '1:1 error too_large: Its aliases multiply to more than 10000.',
    ]);
  });

  test('references to references', () => {
    const bomb = names.map((name, i) => `  ${name}: ${tenTimes(i === 0 ? 'x' : `"#/definitions/${names[i - 1]}"`)}`);
    const text = `${ORDERS}definitions:\n${bomb.join('\n')}\nmetadata: { all: "#/definitions/j" }\n`;
    const [problem, ...others] = problems(text);
    expect(problem).toMatch(/too_large: Its references and aliases make more than 3000000 values/);
    expect(others).toEqual([]);
  });

  test('an alias inside of what it names', () => {
    expect(problems(`${ORDERS}metadata: &a\n  again: *a\n`)).toEqual([
      '9:10 error too_deep: The manifest is nested deeper than 200.',
    ]);
  });

  test.each([150, 20_000])('lists in lists, %i deep', (depth) => {
    const [first] = parse(`${ORDERS}x: ${'['.repeat(depth)}${']'.repeat(depth)}\n`).issues;
    expect(first).toMatchObject({ severity: 'error', line: 8 });
    expect(first?.message).toMatch(/nested/);
  });

  test('more than two megabytes', () => {
    expect(problems(`${ORDERS}x: ${'a'.repeat(2_000_000)}`)).toEqual([
      '1:1 error too_large: A manifest takes at most 2 MB.',
    ]);
  });

  test('but one anchor may be used hundreds of times', () => {
    const many = Array.from({ length: 500 }, (_, i) => `  a${i}: *plain`).join('\n');
    expect(parse(`${ORDERS}metadata:\n  plain: &plain { a: 1 }\n${many}\n`).manifest).not.toBeNull();
  });
});

describe('components', () => {
  const extractor = (fields: string) => ORDERS.replace('{ field_path: [data] }', fields);

  test('an unknown one, with the name that was meant', () => {
    expect(problems(extractor('{ type: DpathExtracter, field_path: [data] }'))).toEqual([
      '7:45 error unknown_component: There is no component named DpathExtracter. Did you mean DpathExtractor?',
    ]);
  });

  test('one that is like no other, with those that may stand here', () => {
    expect(problems(extractor('{ type: Zebra, field_path: [data] }'))).toEqual([
      expect.stringMatching(
        /^7:45 error unknown_component: There is no component named Zebra\. One of: .*DpathExtractor, JsonataExtractor/,
      ),
    ]);
  });

  test('one at the wrong place', () => {
    expect(problems(extractor('{ type: BearerAuthenticator, api_token: x }'))).toEqual([
      expect.stringMatching(
        /^7:45 error wrong_type: BearerAuthenticator can't stand here\. One of: .*DpathExtractor, JsonataExtractor/,
      ),
    ]);
  });

  test('a missing field, with what it is for', () => {
    expect(problems(extractor('{}'))).toEqual([
      '7:37 error missing_field: DpathExtractor needs field_path. The path, outermost first.',
    ]);
    // What is there under a wrong name is mended there, not set a second time.
    const { issues } = parse(extractor('{ feild_path: [data] }'));
    expect(issues.map(({ message, hint, fix }) => ({ message, hint, fix }))).toEqual([
      { message: 'DpathExtractor needs field_path.', hint: 'Is feild_path meant to be it?', fix: undefined },
      expect.objectContaining({ hint: 'Did you mean field_path?', fix: { replace: 'field_path' } }),
    ]);
    expect(problems('version: 6.0.0\nstreams:\n  - name: orders\n')).toEqual([
      '1:1 error missing_field: DeclarativeSource needs check. Which streams a test of the source reads.',
      '3:5 error missing_field: DeclarativeStream needs retriever. How records are read.',
    ]);
  });

  test('a field that is misspelt has no effect, and is pointed out', () => {
    const { issues, manifest } = parse(extractor('{ field_path: [data], field_paht: [x] }'));
    expect(issues).toMatchObject([
      { severity: 'warning', code: 'unknown_field', line: 7, column: 59, hint: 'Did you mean field_path?' },
    ]);
    expect(manifest).not.toBeNull();
  });

  test('a class of somebody else refuses its stream only, with or without a type', () => {
    for (const type of ['', 'type: CustomRequester, ']) {
      const text = `${ORDERS}  - name: customers\n    ${RETRIEVER.replace('{ url', `{ ${type}class_name: source_shop.Asker, url`)}\n`;
      const { issues, manifest } = parse(text);
      expect(issues).toMatchObject([{ severity: 'warning', code: 'unsupported_component', line: 8 }]);
      expect(issues[0]?.message).toMatch(
        /^customers can't be read: Custom\w+ needs the Python class source_shop\.Asker/,
      );
      expect(manifest?.streams.map(({ name, refused }) => [name, refused !== undefined])).toEqual([
        ['orders', false],
        ['customers', true],
      ]);
    }
  });

  test('several problems come at once, each with its line, in the order of the text', () => {
    const text = `version: 6.0.0
check:
  stream_names: [ordres]
streams:
  - name: orders
    retriever:
      requester:
        url: "https://shop.example/{{ confg.shop }}"
        http_method: GETT
        authenticator: { type: BearerAuthentikator }
        pth: /orders
      paginator:
        type: DefaultPaginator
        page_size_option: { inject_into: request_parameter, field_name: n }
        pagination_strategy: { type: PageIncrement }
      record_selector:
        extractor: { field_path: data }
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: at
      start_datetime: "2020-01-01"
      step: P1D
`;
    expect(parse(text).manifest).toBeNull();
    expect(problems(text)).toEqual([
      '3:18 warning unknown_stream: check names the stream ordres, which is not declared: it fails. Did you mean orders?',
      '8:39 error template_unknown_name: There is no variable or function named confg here. Did you mean config?',
      expect.stringMatching(/^9:22 error wrong_value: http_method takes GET, .* not GETT\. Did you mean GET\?$/),
      '10:32 error unknown_component: There is no component named BearerAuthentikator. Did you mean BearerAuthenticator?',
      '11:9 warning unknown_field: HttpRequester has no field named pth; it has no effect. Did you mean path?',
      '14:9 error invalid_component: page_size_option needs page_size in the strategy.',
      '17:34 error wrong_type: field_path takes array, not string.',
      '19:7 error missing_field: DatetimeBasedCursor needs datetime_format. How dates are written in requests and in the state.',
      expect.stringMatching(/^22:7 error invalid_component: step needs cursor_granularity: set both or neither\./),
    ]);
  });
});

describe('streams', () => {
  test('need different names', () => {
    expect(problems(`${ORDERS}  - name: orders\n    ${RETRIEVER}\n`)).toEqual([
      '8:11 error duplicate_stream: There are two streams named orders.',
    ]);
  });

  test('need names', () => {
    expect(problems(ORDERS.replace('name: orders', 'primary_key: id').replace('[orders]', '[]'))).toEqual([
      '4:5 error missing_field: DeclarativeStream needs name. Its name, and the name of its table.',
    ]);
  });
});

describe('templates', () => {
  const url = (template: string) => ORDERS.replace('https://shop.example/orders', `"https://shop.example/${template}"`);

  test('that cannot be read, at the character', () => {
    expect(problems(url("{{ config['shop' }}"))).toEqual([
      expect.stringMatching(/^6:\d+ error template_syntax: .*\] is expected/),
    ]);
  });

  test('see what is known at their place only: what is known elsewhere leaves the manifest valid', () => {
    expect(problems(url('{{ record.id }}'))).toEqual([
      expect.stringMatching(
        /^6:\d+ warning template_unknown_name: There is no variable or function named record here\./,
      ),
    ]);
  });

  test('may name what is known nowhere, as older manifests do: only what looks like a slip is an error', () => {
    for (const name of ['last_records', 'shop_number']) {
      const { manifest, issues } = parse(url(`{{ ${name} }}`));
      expect(issues.map(({ severity }) => severity)).toEqual(['warning']);
      expect(manifest?.streams.map((stream) => stream.name)).toEqual(['orders']);
    }
    expect(problems(url('{{ confg.shop }}'))).toEqual([
      expect.stringMatching(/^6:\d+ error .* Did you mean config\?$/),
    ]);
  });
});
