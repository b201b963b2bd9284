import type { JsonObject } from '#lib/json.ts';
import { judgeNext } from '../anomaly/detect.ts';
import { LEAST_HISTORY } from '../anomaly/line.ts';
import type { Judgement, Options } from '../anomaly/series.ts';
import { type AggregateName, columnMetric, type Metric, rowsMetric } from '../metric.ts';
import { durationText, numberText, percentText, rangeText } from '../number-text.ts';
import type { CheckKind, Facts, Point, Reading, Verdict } from './check-kind.ts';
import { noValues } from './no-values.ts';

const TOLERANCE = 1;

interface Measure {
  readonly words: (column: string) => string;
  readonly needsColumn: boolean;
  metrics(column: unknown, where: string | undefined): Metric[];
  value(column: unknown, where: string | undefined, read: Reading, now: Date): number | null;
  text(value: number): string;
}

const MEASURES: Readonly<Record<string, Measure>> = {
  rows: {
    words: () => 'number of rows',
    needsColumn: false,
    metrics: (_column, where) => [rowsMetric(where)],
    value: (_column, where, read) => read.number(rowsMetric(where)),
    text: numberText,
  },
  missing_pct: {
    words: (column) => `missing share of ${column}`,
    needsColumn: true,
    metrics: (column, where) => [rowsMetric(where), columnMetric('filled', column, where)],
    value(column, where, read) {
      const rows = read.number(rowsMetric(where)) ?? 0;
      const filled = read.number(columnMetric('filled', column, where)) ?? 0;
      return rows === 0 ? null : (100 * (rows - filled)) / rows;
    },
    text: percentText,
  },
  age_hours: {
    words: (column) => `age of the newest ${column}`,
    needsColumn: true,
    metrics: (column, where) => [columnMetric('newest', column, where)],
    value(column, where, read, now) {
      const newest = read.number(columnMetric('newest', column, where));
      return newest === null ? null : (now.getTime() / 1000 - newest) / 3600;
    },
    text: durationText,
  },
  mean: statistic('mean', 'mean'),
  median: statistic('quantile', 'median', 0.5),
  sum: statistic('sum', 'sum'),
  deviation: statistic('stddev', 'deviation'),
  min: statistic('min', 'minimum'),
  max: statistic('max', 'maximum'),
};

/** A measurement that its own past does not lead one to expect. */
export const anomaly: CheckKind = {
  name: 'anomaly',
  docs: `The \`metric\` (${Object.keys(MEASURES).join(', ')}) is what its own history leads one to expect, within at most \`false_alarms_per_month\`. Weekday, time of day, month ends, trend and totals that grow are learned; nothing is judged before ${LEAST_HISTORY} measurements.`,
  example: 'anomaly: [{metric: rows, false_alarms_per_month: 1}]',
  scope: 'table',
  properties: {
    metric: { enum: Object.keys(MEASURES), description: 'What is measured.' },
    column: { type: 'string', minLength: 1, description: 'The column, for all metrics but rows.' },
    false_alarms_per_month: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 30,
      default: TOLERANCE,
      description: 'How many false alarms in 30 days are acceptable: fewer alarm later, more alarm sooner.',
    },
    direction: { enum: ['both', 'drop', 'spike'], default: 'both', description: 'Which changes matter.' },
    time_zone: {
      type: 'string',
      description: 'Of weekdays and hours: an IANA name such as Europe/Berlin; UTC unless told.',
    },
    holidays: {
      type: 'array',
      items: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
      maxItems: 1000,
      description: 'Dates on which unusual values are no alarm, unless nothing comes at all.',
    },
  },
  required: ['metric'],
  limits: ['false_alarms_per_month'],

  problems({ metric, column, time_zone }) {
    const needs = MEASURES[String(metric)]?.needsColumn === true && column === undefined;
    return [
      ...(needs ? [{ path: '', message: `column is missing: ${metric} is measured of a column.` }] : []),
      ...(time_zone !== undefined && !isZone(String(time_zone))
        ? [{ path: 'time_zone', message: `${time_zone} is no time zone. Use an IANA name such as Europe/Berlin.` }]
        : []),
    ];
  },
  subject: ({ metric, column }) => `unusual ${measureOf(metric).words(String(column))}`,
  columns: ({ metric, column }) => (measureOf(metric).needsColumn ? [String(column)] : []),
  metrics: ({ metric, column }, where) => measureOf(metric).metrics(column, where),

  evaluate(params, where, read, facts) {
    const measure = measureOf(params.metric);
    const value = measure.value(params.column, where, read, facts.now);
    const name = measure.words(String(params.column));
    if (value === null && facts.history.length > 0) throw noValues(`The ${name}`);
    const judgement = judgeNext(facts.history.map(pointOf), { at: facts.now.getTime(), value }, anomalyOptions(params));
    return verdictOf(judgement, { name, value, text: measure.text, params, facts });
  },
};

/** How a declared check wants its history judged: for the check itself, and for looking back. */
export function anomalyOptions({ false_alarms_per_month, direction, time_zone, holidays }: JsonObject): Options {
  const zone = String(time_zone ?? 'UTC');
  const dates = new Set(Array.isArray(holidays) ? holidays.map(String) : []);
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  return {
    falseAlarmsPerMonth: Number(false_alarms_per_month ?? TOLERANCE),
    direction: (direction ?? 'both') as NonNullable<Options['direction']>,
    ...(zone !== 'UTC' && { offsetAt: (at: number) => offsetOf(zone, at) }),
    ...(dates.size > 0 && { isHoliday: (at: number) => dates.has(day.format(at)) }),
  };
}

interface Told {
  readonly name: string;
  readonly value: number | null;
  readonly text: (value: number) => string;
  readonly params: JsonObject;
  readonly facts: Facts;
}

function verdictOf({ band, isAnomaly, excuse, season }: Judgement, told: Told): Verdict {
  const { name, value, text, facts, params } = told;
  const valueText = value === null ? 'none' : text(value);
  if (value === null || band === null) {
    const needed = `${LEAST_HISTORY} measurements, ${facts.history.length} so far`;
    const limitText = value === null ? 'no value to judge' : `learning: ${needed}`;
    return { ok: true, value, valueText, limitText, low: null, high: null, message: `the ${name}: ${limitText}` };
  }
  const [low, high] = [bound(band.low, params.direction !== 'spike'), bound(band.high, params.direction !== 'drop')];
  const limitText = `${rangeText(low, high)}${season === null ? '' : `, by ${season}`}`;
  const usual = `expected ${text(Number(band.expected.toPrecision(4)))}`;
  const why = excuse === null ? '' : `; no alarm: ${EXCUSES[excuse]}`;
  const message = `the ${name} is ${valueText}, ${usual}, usual ${rangeText(low, high)}${why}`;
  return { ok: !isAnomaly, value, valueText, limitText, low, high, expected: band.expected, message };
}

const EXCUSES = { 'catch-up': 'it makes up for what was missing before', holiday: 'it is a holiday' };

/** A limit that matters; null for one that is infinitely far. */
function bound(limit: number, matters: boolean): number | null {
  return matters && Number.isFinite(limit) ? Number(limit.toPrecision(4)) : null;
}

function pointOf({ at, value, feedback }: Point) {
  return { at: at.getTime(), value, ...(feedback && { feedback }) };
}

function statistic(aggregate: AggregateName, word: string, fraction?: number): Measure {
  const metric = (column: unknown, where: string | undefined) => ({
    ...columnMetric(aggregate, column, where),
    ...(fraction !== undefined && { fraction }),
  });
  return {
    words: (column) => `${word} of ${column}`,
    needsColumn: true,
    metrics: (column, where) => [metric(column, where)],
    value: (column, where, read) => read.number(metric(column, where)),
    text: numberText,
  };
}

function measureOf(metric: unknown): Measure {
  const measure = MEASURES[String(metric)];
  if (!measure) throw new Error(`there is no metric named ${metric}`);
  return measure;
}

function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

const parts = new Map<string, Intl.DateTimeFormat>();

/** Local time minus UTC, in milliseconds. */
function offsetOf(timeZone: string, at: number): number {
  const format = parts.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  parts.set(timeZone, format);
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return sign === '-' ? -size : size;
}
