import fc from 'fast-check';
import jsonata from 'jsonata';
import { expect, test } from 'vitest';
import { WeirError } from '#lib/errors.ts';
import { evaluateJsonata, LIMITS } from './jsonata-limits.ts';

const leaf = fc.oneof(
  fc.constantFrom('$', '$$', 'id', 'list', 'deep.a.b', 'text', '*', '**', '%', 'null', 'true', '[]', '{}', '$now()'),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '$.constructor',
    '`__proto__`',
    '"__proto__"',
    'toString',
    '$lookup($, "constructor")',
  ),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('/a+/', '/(a|aa)+$/', '/(x*)*y/i', '[1..9999999]', 'function($x) { $x($x) }', '$f'),
);
const FUNCTIONS = [
  'sum',
  'map',
  'filter',
  'reduce',
  'sort',
  'string',
  'number',
  'eval',
  'merge',
  'each',
  'sift',
  'match',
  'replace',
  'split',
  'pad',
  'spread',
  'keys',
  'formatNumber',
  'toMillis',
  'clone',
  'error',
  'assert',
];
const expression = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `(${a}).(${b})`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `(${a})[${b}]`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `(${a})^(${b})`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `{${a}: ${b}}`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `(${a}) ~> |$|${b}|`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `($f := ${a}; ${b})`),
    fc.tuple(tie('e'), tie('e'), tie('e')).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
    fc
      .tuple(tie('e'), fc.constantFrom('+', '-', '*', '/', '%', '&', 'and', 'or', 'in', '=', '<', '..', '~>'), tie('e'))
      .map(([a, operator, b]) => `((${a}) ${operator} (${b}))`),
    fc
      .tuple(fc.constantFrom(...FUNCTIONS), fc.array(tie('e'), { maxLength: 3 }))
      .map(([name, args]) => `$${name}(${args.join(', ')})`),
  ),
})).e;

const RECORD = { id: 7, text: `${'a'.repeat(30)}!`, list: [3, 1, 2, 'x', null], deep: { a: { b: { c: [1] } } } };
/** Of the processor's time at the most, with what collecting memory adds; how long it waits for its turn is the machine's matter. */
const MOST_MS = 3 * LIMITS.timeout;

test('any expression gives a value or one of our errors, in time, and changes nothing', {
  timeout: 120_000,
}, async () => {
  const asItWas = JSON.stringify(RECORD);
  await fc.assert(
    fc.asyncProperty(expression, async (source) => {
      const before = process.cpuUsage();
      const result = await compiledAndRun(source).catch((error: unknown) => error);
      if (result instanceof Error) expect(result, source).toBeInstanceOf(WeirError);
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1_000, source).toBeLessThan(MOST_MS);
      expect(JSON.stringify(RECORD), source).toBe(asItWas);
      expect(Object.keys(Object.prototype), source).toEqual([]);
      expect(({} as Record<string, unknown>).a, source).toBeUndefined();
    }),
    { numRuns: Number(process.env.WEIR_PROPERTY_RUNS ?? 300), interruptAfterTimeLimit: 100_000 },
  );
});

/** What is no expression is refused when the manifest is read. */
async function compiledAndRun(source: string): Promise<unknown> {
  let compiled: ReturnType<typeof jsonata>;
  try {
    compiled = jsonata(source, LIMITS);
  } catch {
    return null;
  }
  return evaluateJsonata(compiled, RECORD);
}
