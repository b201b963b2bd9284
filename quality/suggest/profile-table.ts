import type { Relation } from '#lib/destinations/destination.ts';
import { formatPattern } from '../checks/format.ts';
import type { Engine, TableColumn } from '../engine.ts';
import { measure } from '../measure.ts';
import { type CountsMetric, columnMetric, type Measurements, type Metric, metricKey, rowsMetric } from '../metric.ts';
import type { ColumnProfile, Profile } from './profile.ts';

/** More than so many rows are looked at in part: a profile suggests, it proves nothing. */
const MOST_ROWS = 200_000;
const MOST_COLUMNS = 60;
/** Columns of so few values are looked at value by value. */
const FEW_VALUES = 20;
const MOST_COUNTED = 12;
const FORMATS = ['email', 'uuid', 'url', 'date', 'ipv4'];
const OWN = /^_(airbyte|weir)_/;

/** One scan over the columns, and one statement for each that has few values. */
export async function profileTable(engine: Engine, relation: Relation, isPart = false): Promise<Profile> {
  const all = (await engine.columnsOf(relation)).filter(({ name }) => !OWN.test(name));
  const columns = all.slice(0, MOST_COLUMNS);
  const source = engine.dialect.source(relation).replace(/ as measured$/, '');
  const sources = { table: `(select * from ${source} limit ${MOST_ROWS}) as measured`, references: new Map() };
  const wanted = [rowsMetric(undefined), ...columns.flatMap(metricsOf)].map((metric) => ({ metric, per: null }));
  const { measurements } = await measure(engine, sources, wanted);
  const rows = numberOf(measurements, rowsMetric(undefined)) ?? 0;
  const profiles = columns.map((column) => columnProfile(column, measurements));
  const few = profiles
    .filter(({ type, distinct }) => type === 'text' && distinct > 1 && distinct <= FEW_VALUES)
    .slice(0, MOST_COUNTED);
  const counted = await measure(
    engine,
    sources,
    few.map(({ name }) => ({ metric: counts(name), per: null })),
  );
  return {
    rows,
    isPart: isPart || rows === MOST_ROWS,
    columns: profiles.map((profile) => ({ ...profile, values: valuesOf(counted.measurements, profile.name) })),
  };
}

function metricsOf(column: TableColumn): Metric[] {
  const { name } = column;
  const type = typeOf(column);
  const of = (...names: Parameters<typeof columnMetric>[0][]) =>
    names.map((each) => columnMetric(each, name, undefined));
  const basics = type === 'other' ? of('filled') : of('filled', 'distinct');
  if (type === 'number') return [...basics, ...of('min', 'max', 'mean', 'stddev')];
  if (type === 'time') return [...basics, ...of('newest')];
  return type === 'text' ? [...basics, ...FORMATS.map((format) => misfits(name, format))] : basics;
}

function misfits(column: string, format: string): Metric {
  return rowsMetric(undefined, { ask: 'not_matching', column, pattern: formatPattern(format) });
}

function counts(column: string): CountsMetric {
  return { type: 'counts', column, limit: FEW_VALUES };
}

function columnProfile(column: TableColumn, measured: Measurements): Omit<ColumnProfile, 'values'> {
  const { name } = column;
  const of = (as: Parameters<typeof columnMetric>[0]) => numberOf(measured, columnMetric(as, name, undefined));
  const filled = of('filled') ?? 0;
  const type = typeOf(column);
  const fits =
    type !== 'text' || filled === 0 ? [] : FORMATS.filter((format) => numberOf(measured, misfits(name, format)) === 0);
  return {
    name,
    type,
    filled,
    distinct: of('distinct') ?? 0,
    min: of('min'),
    max: of('max'),
    mean: of('mean'),
    stddev: of('stddev'),
    newest: of('newest'),
    formats: fits,
  };
}

function typeOf({ type }: TableColumn): ColumnProfile['type'] {
  if (/^(smallint|integer|bigint|numeric|real|double|decimal|float|hugeint|u?(tiny|small|big)?int)/i.test(type))
    return 'number';
  if (/^(timestamp|date)/i.test(type)) return 'time';
  return /^(character|text|varchar|uuid)/i.test(type) ? 'text' : 'other';
}

function numberOf(measured: Measurements, metric: Metric): number | null {
  const found = measured.get(metricKey(metric));
  return found && 'value' in found ? found.value : null;
}

function valuesOf(measured: Measurements, column: string): string[] {
  const found = measured.get(metricKey(counts(column)));
  return found && 'counts' in found ? [...found.counts.keys()] : [];
}
