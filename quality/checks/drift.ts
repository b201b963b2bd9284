import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { type CountsMetric, columnMetric, type Metric, rowsMetric } from '../metric.ts';
import { numberText } from '../number-text.ts';
import { chiSquare, stabilityIndex } from '../statistics/compare-counts.ts';
import type { CheckKind, Reading } from './check-kind.ts';

const BINS = 10;
const MOST_CATEGORIES = 200;
const USUAL_PSI = 0.25;
/** Categories beyond the largest ones count together. */
const OTHERS = '(others)';

/** Whether the values of a column are spread as they were. */
export const drift: CheckKind = {
  name: 'drift',
  docs: `The values of \`column\` are spread as in the load before (\`against: last\`) or in the first one (\`against: first\`): the population stability index over ${BINS} bins of equal size, or over categories (\`as: categories\`), is at most \`max_psi\` (${USUAL_PSI} unless told), and Cramér’s V of a chi-square test at most \`max_effect\`. A column of numbers needs one load to set the bins and one to fill them.`,
  example: 'drift: [{column: country, as: categories, max_psi: 0.2}]',
  scope: 'table',
  properties: {
    column: { type: 'string', minLength: 1, description: 'The column to look at.' },
    as: { enum: ['numbers', 'categories'], default: 'numbers', description: 'Bins of numbers, or values as they are.' },
    against: { enum: ['last', 'first'], default: 'last', description: 'The load to compare with.' },
    max_psi: { type: 'number', exclusiveMinimum: 0, default: USUAL_PSI, description: 'The highest stability index.' },
    max_effect: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'The highest Cramér’s V, 0 to 1; told only where the test finds a difference at p < 0.01.',
    },
  },
  required: ['column'],
  limits: ['max_psi', 'max_effect'],
  subject: ({ column, as }) => `${column}${as === 'categories' ? ' as categories' : ''}`,
  columns: ({ column }) => [String(column)],
  metrics: (params, where, memory) => [
    rowsMetric(where),
    ...(isCategories(params) ? [categories(params, where)] : bins(params, where, memory)),
  ],

  evaluate(params, where, read, { memory }) {
    const high = Number(params.max_psi ?? USUAL_PSI);
    const limit = { limitText: `at most ${high}`, low: null, high };
    const now = isCategories(params) ? shareCounts(read, params, where) : binCounts(read, params, where, memory);
    const before = countsIn(memory);
    const kept = (next: JsonValue) => (params.against === 'first' && before !== null ? memory : next);
    if (before === null || now.counts === null) {
      const message = `${params.column} has nothing to be compared with yet`;
      return { ok: true, value: null, valueText: 'first load', message, ...limit, memory: kept(now.memory) };
    }
    const [a, b] = aligned(before, now.counts);
    const psi = stabilityIndex(a, b);
    const { p, cramersV } = chiSquare(a, b);
    const effect = params.max_effect === undefined ? null : Number(params.max_effect);
    const ok = psi <= high && (effect === null || p >= 0.01 || cramersV <= effect);
    const valueText = `PSI ${numberText(psi)}`;
    const message = `${params.column} has moved: ${valueText}, limit ${high}; Cramér’s V ${numberText(cramersV)}${effect === null ? '' : `, limit ${effect}`}, p ${numberText(p)}`;
    return {
      ok,
      value: psi,
      valueText,
      message: ok ? message.replace('has moved', 'is spread as before') : message,
      ...limit,
      memory: kept(now.memory),
    };
  },
};

function isCategories({ as }: JsonObject): boolean {
  return as === 'categories';
}

function categories({ column }: JsonObject, where: string | undefined): CountsMetric {
  return { type: 'counts', column: String(column), limit: MOST_CATEGORIES, ...(where && { where }) };
}

/** At first the limits of the bins; once they are known, what falls into each. */
function bins(params: JsonObject, where: string | undefined, memory: JsonValue): Metric[] {
  const edges = edgesIn(memory);
  return edges === null ? quantiles(params, where) : inBins(params, where, edges);
}

function quantiles({ column }: JsonObject, where: string | undefined): Metric[] {
  return Array.from({ length: BINS - 1 }, (_, index) => ({
    ...columnMetric('quantile', column, where),
    fraction: (index + 1) / BINS,
  }));
}

function inBins({ column }: JsonObject, where: string | undefined, edges: readonly number[]): Metric[] {
  return Array.from({ length: edges.length + 1 }, (_, bin) => {
    const [low, high] = [edges[bin - 1], edges[bin]];
    return rowsMetric(where, {
      ask: 'within',
      column: String(column),
      ...(low !== undefined && { low }),
      ...(high !== undefined && { high }),
    });
  });
}

interface Spread {
  readonly counts: ReadonlyMap<string, number> | null;
  readonly memory: JsonValue;
}

function binCounts(read: Reading, params: JsonObject, where: string | undefined, memory: JsonValue): Spread {
  const edges = edgesIn(memory);
  if (edges === null) {
    const found = quantiles(params, where).flatMap((metric) => read.number(metric) ?? []);
    return { counts: null, memory: found.length === 0 ? null : { edges: [...new Set(found)] } };
  }
  const counts = inBins(params, where, edges).map((metric) => read.number(metric) ?? 0);
  return {
    counts: new Map(counts.map((count, bin) => [String(bin), count])),
    memory: { edges: [...edges], counts: Object.fromEntries(counts.entries()) },
  };
}

function shareCounts(read: Reading, params: JsonObject, where: string | undefined): Spread {
  const found = read.counts(categories(params, where));
  const rows = read.number(rowsMetric(where)) ?? 0;
  const counted = [...found.values()].reduce((sum, count) => sum + count, 0);
  const counts = new Map(found.size < MOST_CATEGORIES ? found : [...found, [OTHERS, rows - counted]]);
  return { counts, memory: { counts: Object.fromEntries(counts) } };
}

function edgesIn(memory: JsonValue): number[] | null {
  return isJsonObject(memory) && Array.isArray(memory.edges) ? memory.edges.map(Number) : null;
}

function countsIn(memory: JsonValue): ReadonlyMap<string, number> | null {
  if (!isJsonObject(memory) || !isJsonObject(memory.counts)) return null;
  return new Map(Object.entries(memory.counts).map(([name, count]) => [name, Number(count)]));
}

function aligned(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): [number[], number[]] {
  const names = [...new Set([...a.keys(), ...b.keys()])];
  return [names.map((name) => a.get(name) ?? 0), names.map((name) => b.get(name) ?? 0)];
}
