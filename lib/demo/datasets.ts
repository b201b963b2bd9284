import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** The demo's rows; `data/ATTRIBUTION.md` says where they come from, and which of them are computed. */
export interface Datasets {
  /** Seismic events of one week in 2018, by the time of their last update. */
  readonly earthquakes: readonly JsonObject[];
  /** Seattle's weather by day, 2012 to 2015. */
  readonly weather: readonly JsonObject[];
  /** Hourly readings of two sensors, computed from the weather when asked for: `count` of them, by time. */
  readonly readings: { readonly count: number; at(index: number): JsonObject };
}

const DATA_DIR = path.join(import.meta.dirname, 'data');
const HOUR_MS = 3_600_000;
const COLDEST_HOUR = 5;
const WARMEST_HOUR = 16;
const SENSORS = ['temperature', 'wind'] as const;

export function dataFile(name: string): Buffer {
  return readFileSync(path.join(DATA_DIR, name));
}

export function loadDatasets(): Datasets {
  const lines = dataFile('earthquakes.jsonl').toString('utf8').trimEnd().split('\n');
  const weather = parseWeather(dataFile('seattle-weather.csv').toString('utf8'));
  return {
    earthquakes: lines.map((line) => JSON.parse(line) as JsonObject),
    weather: weather as unknown as JsonObject[],
    readings: readingsOf(weather),
  };
}

interface Day {
  readonly date: string;
  readonly precipitation: number;
  readonly temp_max: number;
  readonly temp_min: number;
  readonly wind: number;
  readonly weather: string;
}

function parseWeather(csv: string): Day[] {
  const [, ...lines] = csv.trimEnd().split('\n');
  return lines.map((line) => {
    const [date = '', precipitation, temp_max, temp_min, wind, weather = ''] = line.split(',');
    const numbers = { precipitation, temp_max, temp_min, wind };
    const entries = Object.entries(numbers).map(([name, text]) => [name, Number(text)]);
    return { date, ...Object.fromEntries(entries), weather } as Day;
  });
}

function readingsOf(days: readonly Day[]): Datasets['readings'] {
  const start = Date.parse(`${days[0]?.date}T00:00:00Z`);
  const at = (index: number): JsonObject => {
    const sensor = SENSORS[index % SENSORS.length] ?? 'temperature';
    const hours = Math.floor(index / SENSORS.length);
    const value = sensor === 'wind' ? windAt(days, hours) : temperatureAt(days, hours);
    return {
      id: index + 1,
      station: 'Seattle',
      sensor,
      measured_at: new Date(start + hours * HOUR_MS).toISOString().replace('.000', ''),
      value: Math.round(value * 100) / 100,
      unit: sensor === 'wind' ? 'm/s' : '°C',
    };
  };
  return { count: days.length * 24 * SENSORS.length, at };
}

/** On a cosine between the turning points around the hour: coldest at 5, warmest at 16. */
function temperatureAt(days: readonly Day[], hours: number): number {
  const hour = hours % 24;
  const day = Math.floor(hours / 24);
  const of = (offset: number) => days[Math.min(Math.max(day + offset, 0), days.length - 1)] as Day;
  const between = (from: number, to: number, part: number) => from + ((to - from) * (1 - Math.cos(Math.PI * part))) / 2;
  const night = 24 - WARMEST_HOUR + COLDEST_HOUR;
  if (hour < COLDEST_HOUR) return between(of(-1).temp_max, of(0).temp_min, (hour + 24 - WARMEST_HOUR) / night);
  if (hour >= WARMEST_HOUR) return between(of(0).temp_max, of(1).temp_min, (hour - WARMEST_HOUR) / night);
  return between(of(0).temp_min, of(0).temp_max, (hour - COLDEST_HOUR) / (WARMEST_HOUR - COLDEST_HOUR));
}

function windAt(days: readonly Day[], hours: number): number {
  const day = Math.floor(hours / 24);
  const today = days[day]?.wind ?? 0;
  const tomorrow = days[Math.min(day + 1, days.length - 1)]?.wind ?? today;
  return today + ((tomorrow - today) * (hours % 24)) / 24;
}

/** RFC 4180 with a header; the fields of nested objects become columns of their own, null an empty field. */
export function toCsv(rows: readonly JsonObject[]): string {
  const flat = rows.map(flatten);
  const columns = Object.keys(flat[0] ?? {});
  const lines = flat.map((row) => columns.map((column) => csvField(row[column] ?? null)).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

export function toJsonLines(rows: readonly JsonObject[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

function flatten(row: JsonObject): JsonObject {
  const entries = Object.entries(row).flatMap(([name, value]): [string, JsonValue][] =>
    isJsonObject(value) ? Object.entries(value) : [[name, value]],
  );
  return Object.fromEntries(entries);
}

function csvField(value: JsonValue): string {
  const text = value === null ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
