import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WeirError } from '#lib/errors.ts';
import { FILTER_NAMES } from './filters.ts';
import { FUNCTION_NAMES } from './functions.ts';
import { interpolate, interpolateBoolean, interpolateNested, interpolateString } from './interpolate.ts';
import { TEST_NAMES } from './predicates.ts';
import { templateProblems } from './template.ts';
import { repr } from './values.ts';

const scope = {
  variables: {
    config: { s: 'abc', n: 5, list: [1, 2.5, 'x'], deep: { a: null, constructor: 'own' }, date: '2024-02-29' },
    record: { id: '0012', tags: ['a'] },
    stream_slice: {},
  },
  now: () => new Date('2024-02-29T13:05:09Z'),
};

/** Any value or one of our errors; never a JavaScript one. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof WeirError) return error;
    throw error;
  }
}

const METHODS = ['upper', 'split', 'format', 'items', 'get', 'strftime', 'replace', 'join', 'update', 'append', 'pop'];
const PROTOTYPE = [
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'valueOf',
  '__class__',
  'hasOwnProperty',
  'call',
];
const leaf = fc.oneof(
  fc.constantFrom(
    'config',
    'record',
    'config.n',
    'config.list',
    'config.missing',
    'stream_slice',
    'nope',
    'none',
    'true',
  ),
  fc.constantFrom(...FUNCTION_NAMES),
  fc.integer().map(String),
  fc.double().map(String),
  fc.bigInt().map(String),
  fc.string({ maxLength: 8 }).map((text) => `'${text.replaceAll("'", "\\'")}'`),
  fc.constantFrom('[]', '{}', '()', "''", '1e400', "'%s'", "'{:>9}'", "'%Y-%m'", "'(a+)+'", '-0.0'),
);
const expression = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.tuple(tie('e'), fc.constantFrom(...METHODS, ...PROTOTYPE)).map(([a, name]) => `(${a}).${name}`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `(${a})[${b}]`),
    fc.tuple(tie('e'), tie('e'), tie('e')).map(([a, b, c]) => `(${a})[${b}:${c}]`),
    fc.tuple(tie('e'), fc.array(tie('e'), { maxLength: 3 })).map(([a, args]) => `(${a})(${args.join(', ')})`),
    fc
      .tuple(tie('e'), fc.constantFrom(...METHODS), fc.array(tie('e'), { maxLength: 3 }))
      .map(([a, name, args]) => `(${a}).${name}(${args.join(', ')})`),
    fc
      .tuple(tie('e'), fc.constantFrom(...FILTER_NAMES), fc.array(tie('e'), { maxLength: 3 }))
      .map(([a, name, args]) => `(${a}) | ${name}(${args.join(', ')})`),
    fc
      .tuple(tie('e'), fc.constantFrom(...TEST_NAMES.filter((name) => /^\w/.test(name))), tie('e'))
      .map(([a, name, b]) => `(${a}) is ${name}(${b})`),
    fc
      .tuple(
        tie('e'),
        fc.constantFrom('+', '-', '*', '/', '//', '%', '**', '~', 'and', 'or', '==', '<', 'in', 'not in'),
        tie('e'),
      )
      .map(([a, operator, b]) => `(${a}) ${operator} (${b})`),
    fc.array(tie('e'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `{${a}: ${b}}`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `${a} if ${b}`),
  ),
})).e;

describe('any template gives a value or one of our errors', () => {
  test('of valid expressions', () => {
    fc.assert(
      fc.property(expression, (source) => {
        for (const kind of [interpolate, interpolateString, interpolateBoolean])
          outcome(() => repr(kind(`{{ ${source} }}`, scope)));
      }),
      { numRuns: 3_000 },
    );
  });

  test('of statements and text that only look like one', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '{{',
        '}}',
        '{%',
        '%}',
        '{#',
        '#}',
        '{%- if 1 -%}',
        '{% endif %}',
        '{% for i in config.list %}',
        '{% endfor %}',
        '{% set x = ',
        '{% raw %}',
        '{% endraw %}',
        '{% else %}',
        ' ',
        '\n',
        "'",
        '"',
        '\\',
        '|',
        '.',
        '(',
        ')',
        '[',
        ']',
        ':',
        ',',
        '-',
        'config',
        'i',
        'not',
        'in',
        'is',
        '1',
        '0x',
        '1e',
      ),
      fc.string({ maxLength: 5, unit: 'binary' }),
      expression,
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const source = pieces.join('');
        outcome(() => repr(interpolate(source, scope)));
        outcome(() => interpolateNested({ [source]: [source] }, scope));
        templateProblems(source, ['config']);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('what would take for ever or fill the memory is stopped soon', () => {
  const spaces = ' '.repeat(100_000);
  test.each([
    ['spaces', spaces],
    ['spaces in an expression', `{{${spaces}1${spaces}}}`],
    ['spaces before what is missing', `{{ 1${spaces}`],
    ['spaces and a literal', `${spaces}[1,${spaces}2]`],
    ['a statement of spaces', `{%${spaces}%}`],
    ['a raw block of spaces', `{% raw %}${spaces}{%${spaces}endraw`],
    ['open brackets', `{{ ${'['.repeat(50_000)} }}`],
    ['nested brackets', `{{ ${'('.repeat(5_000)}1${')'.repeat(5_000)} }}`],
    ['brackets as a literal', '['.repeat(50_000)],
    ['minus signs', `{{ ${'-'.repeat(50_000)}1 }}`],
    ['nots', `{{ ${'not '.repeat(20_000)}1 }}`],
    ['a long sum', `{{ ${'1+'.repeat(20_000)}1 }}`],
    ['a long chain of attributes', `{{ config${'.a'.repeat(20_000)} }}`],
    ['a long chain of filters', `{{ 1${'|string'.repeat(20_000)} }}`],
    ['a long chain of conditions', `{{ ${'1 if 1 else '.repeat(10_000)}1 }}`],
    ['a long chain of comparisons', `{{ 1${'<1'.repeat(20_000)} }}`],
    ['nested blocks', '{% if 1 %}'.repeat(10_000)],
    ['opening braces', '{{'.repeat(50_000)],
    ['quotes', `{{ ${"'".repeat(50_001)} }}`],
    ['backslashes', `'${'\\'.repeat(100_001)}'`],
    ['a minus and brackets', `${'-'.repeat(50_000)}1`],
    ['comments', '#\n'.repeat(50_000)],
    ['a long text of the same letter', `{{ 'a' * 10**9 }}`],
    ['a list that doubles', `{{ [[0] * 1000000] * 1000000 }}`],
    ['a tower of powers', '{{ 9**9**9 }}'],
    ['a power of a float', '{{ 9.0**9**9 }}'],
    ['products of long numbers', '{% set x = 10**4000 %}{{ x * x * x * x * x * x * x * x }}'],
    [
      'a text that doubles',
      "{% set ns = namespace(s='x') %}{% for i in 'x' * 40 %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    ],
    [
      'a list that doubles in place',
      "{% set x = [1] %}{% for i in 'x' * 40 %}{% set _ = x.extend(x) %}{% endfor %}{{ x | length }}",
    ],
    [
      'loops in loops',
      "{% for a in 'x' * 2000 %}{% for b in 'x' * 2000 %}{% for c in 'x' * 2000 %}{% endfor %}{% endfor %}{% endfor %}",
    ],
    ['a list in itself', '{% set x = [] %}{% set _ = x.append(x) %}{{ x }}{{ x | tojson }}{{ x == x }}'],
    [
      'lists that share their insides',
      "{% set ns = namespace(x=[1], y=[1]) %}{% for i in 'x' * 60 %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}{{ ns.x }}{{ ns.x | tojson }}{{ ns.x < ns.y }}",
    ],
    [
      'many long lists',
      "{% set ns = namespace(x=[]) %}{% for i in 'x' * 10000 %}{% set _ = ns.x.append([0] * 1000000) %}{% endfor %}",
    ],
    ['a dict in itself', "{% set x = {} %}{% set _ = x.update({'a': x}) %}{{ x | string }}"],
    ['nested replacements', "{{ ('a' * 100000).replace('a', 'a' * 100000) }}"],
    ['joins', "{{ ('x' * 1000000).join('y' * 1000000) }}"],
    ['a wide format', "{{ '%999999999d' % 5 }}"],
    ['a precise format', "{{ '%.999999999f' % 5 }}{{ '{:.999999999f}'.format(5.0) }}"],
    ['fills', "{{ 'x'.ljust(10**12) }}{{ 'x'.center(10**12) }}{{ 'x'.zfill(10**12) }}"],
    ['a slice of steps', '{{ config.list[0:10**12:1] }}'],
    ['split with a huge maximum', "{{ ('a ' * 1000).split(none, 10**9) }}"],
    ['unique values', "{{ ('abc' * 30000) | list | unique | list | length }}"],
    ['unique lists', '{{ ([[1]] * 3000) | unique | list | length }}'],
    ['sorted values', "{{ ('ab' * 50000) | sort | first }}"],
    ['a pattern that backtracks', "{{ ('a' * 60 ~ '!') | regex_search('^(a|a)*$') }}"],
    ['a pattern of back references', "{{ ('a' * 60) | regex_search('(a*)*(a*)*(a*)*b') }}"],
    ['a wide date', '{{ day_delta(10**18) }}{{ now_utc().replace(year=10**9) }}'],
    ['a long duration', "{{ duration('P' ~ '9' * 100000 ~ 'D') }}"],
    ['a date of spaces', `{{ str_to_datetime(' ' * 100000) }}`],
    ['indents', "{{ ('\\n' * 100000) | indent(10**9) }}"],
    ['map of maps', "{{ ('x' * 100000) | map('upper') | map('lower') | map('upper') | list | length }}"],
    ['regex over what is long', "{{ ('a' * 1000000) | regex_search('(a*)b') }}"],
  ])('%s', (_name, source) => {
    const start = process.cpuUsage();
    for (const kind of [interpolate, interpolateString]) {
      const result = outcome(() => kind(source, scope));
      expect(String(result instanceof WeirError ? '' : repr(result)).length).toBeLessThan(12_000_000);
    }
    templateProblems(source, ['config']);
    // Of the processor's time: how long it waits for its turn is the machine's matter.
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1_000).toBeLessThan(8_000);
  });
});

describe('no way leads to a constructor, a prototype or anything else of JavaScript', () => {
  const values = [
    "''",
    '[]',
    '{}',
    '()',
    '1',
    '1.5',
    'config',
    'config.s',
    'config.list',
    'now_utc()',
    'today_utc()',
    "duration('P1D')",
    'max',
    "''.upper",
    'namespace(a=1)',
    'config.missing',
    'none',
    'true',
    '10**30',
  ];
  const names = [
    ...PROTOTYPE,
    '__defineGetter__',
    '__lookupGetter__',
    'length',
    'apply',
    'bind',
    'call',
    'push',
    'map',
    'at',
    'micros',
    'items_',
    'value',
    'values_',
    '__mro__',
    '__globals__',
    '__subclasses__',
    'toJSON',
  ];

  test.each(values)('%s', (value) => {
    for (const name of names) {
      for (const source of [
        `(${value}).${name}`,
        `(${value})['${name}']`,
        `(${value}) | map(attribute='${name}') | list`,
        `'{0.${name}}'.format(${value})`,
        `'{0[${name}]}'.format(${value})`,
      ]) {
        const result = outcome(() =>
          repr(interpolate(`{{ ${source} }}`, { ...scope, variables: { config: { s: 'abc', list: [1] } } })),
        );
        if (result instanceof WeirError) continue;
        const own = [`'{{ ${source} }}'`, `"{{ ${source} }}"`].includes(String(result));
        expect(own || /^(None|'?\[(Undefined(, )?)*\]'?)$/.test(String(result)), `${source} gives ${result}`).toBe(
          true,
        );
      }
    }
  });

  test("a dict's own key of such a name is data", () => {
    expect(interpolate("{{ config.deep.constructor }}{{ {'__proto__': 1}['__proto__'] }}", scope)).toBe('own1');
    expect(repr(interpolate("{{ {'__proto__': {'x': 1}} }}", scope))).toBe("{'__proto__': {'x': 1}}");
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test('keys of a body can set no prototype', () => {
    const body = interpolateNested(
      JSON.parse('{"__proto__": {"x": "1"}, "{{ \'__proto__\' }}": "2"}'),
      scope,
    ) as object;
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect((body as { x?: unknown }).x).toBeUndefined();
  });

  test('what the template made may be changed', () => {
    expect(interpolate('{% set x = [0] * 2 + [1] %}{% set _ = x.append(2) %}{{ x }}', scope)).toEqual([0, 0, 1, 2]);
  });

  test('what was given is not changed', () => {
    const before = structuredClone(scope.variables);
    for (const source of [
      'config.list.append(1)',
      "config.update({'s': 1})",
      "config.deep.pop('a')",
      'record.tags.extend([1])',
      "config.setdefault('x', 1)",
    ])
      outcome(() => interpolate(`{% set _ = ${source} %}`, scope));
    expect(scope.variables).toEqual(before);
  });
});
