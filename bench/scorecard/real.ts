import { readFileSync } from 'node:fs';
import path from 'node:path';
import { detect, judgeNext } from '#quality/anomaly/detect.ts';
import type { Point } from '#quality/anomaly/series.ts';
import { baselines, type Detect } from './baselines.ts';
import { row } from './goals.ts';
import { createRandom, plant, type Trouble, troubles } from './plant.ts';
import { readSeries } from './read-series.ts';

/** Troubles planted per series and kind, and the points of a series that are looked at. */
const PLANTED = 8;
const MOST_POINTS = 500;
const HISTORY = 120;
const MOST_READ = 2_600;
const DAY = 86_400_000;

/** Prints the same for real series. Their own unusual days count as false alarms, for every method. */
export function realSeries(): void {
  const others = baselines(28);
  const names = ['Weir', ...Object.keys(others)];
  const all = series();
  console.log(`\nReal series: ${all.map(({ name }) => name).join(', ')}; ${PLANTED} planted in each\n`);
  console.log(row(['caught, and points until then', ...names]));
  for (const trouble of troubles) {
    const found = all.map(({ points }) => plantedIn(points, trouble, others));
    const cells = names.map((_, which) => {
      const delays = found.flatMap((each) => each[which] ?? []);
      const hits = delays.filter((delay) => delay !== null);
      const delay = hits.reduce((sum, each) => sum + each, 0) / Math.max(1, hits.length);
      return `${((100 * hits.length) / delays.length).toFixed(0)} %, ${delay.toFixed(1)}`;
    });
    console.log(row([trouble.name, ...cells]));
  }
  console.log(row(['\nalarms a month, nothing planted', ...names]));
  for (const { name, points } of all) {
    const values = points.map(({ value }) => value ?? 0);
    const ours = detect(points, { falseAlarmsPerMonth: 1 }).map(({ isAnomaly }) => isAnomaly);
    const said = [ours, ...Object.values(others).map((detectIn) => detectIn(values))];
    const months = ((points.at(-1)?.at ?? 0) - (points[HISTORY]?.at ?? 0)) / (30 * DAY);
    console.log(row([name, ...said.map((each) => (alarmsIn(points, each) / months).toFixed(2))]));
  }
}

/** For each method and planted trouble: after how many points it was noticed, or null. */
function plantedIn(points: readonly Point[], trouble: Trouble, others: Readonly<Record<string, Detect>>) {
  const random = createRandom(points.length);
  const found: (number | null)[][] = [[], ...Object.keys(others).map(() => [])];
  for (let time = 0; time < PLANTED; time++) {
    const at = HISTORY + Math.floor(random.uniform() * (points.length - HISTORY - trouble.length));
    const with_ = plant(points, at, trouble).slice(Math.max(0, at - MOST_POINTS), at + trouble.length);
    const start = with_.length - trouble.length;
    const values = with_.map(({ value }) => value ?? 0);
    found[0]?.push(delayOf((place) => said(with_, start + place), trouble.length));
    for (const [which, detectIn] of Object.values(others).entries()) {
      const alarms = detectIn(values);
      found[which + 1]?.push(delayOf((place) => alarms[start + place] === true, trouble.length));
    }
  }
  return found;
}

function said(points: readonly Point[], at: number): boolean {
  const point = points[at];
  return point !== undefined && judgeNext(points.slice(0, at), point, { falseAlarmsPerMonth: 1 }).isAnomaly;
}

function delayOf(isAlarm: (place: number) => boolean, length: number): number | null {
  for (let place = 0; place < length; place++) if (isAlarm(place)) return place;
  return null;
}

/** Alarms within a day of one another are one, for every method. */
function alarmsIn(points: readonly Point[], said: readonly boolean[]): number {
  const times = points.flatMap(({ at }, index) => (index >= HISTORY && said[index] ? [at] : []));
  return times.filter((at, index) => index === 0 || at - (times[index - 1] ?? 0) > 1.25 * DAY).length;
}

function series(): { name: string; points: Point[] }[] {
  const data = path.join(import.meta.dirname, 'data');
  const named = ['births-daily', 'page-views-daily', 'traffic-daily', 'bird-strikes-daily', 'traffic-hourly'].map(
    (name) => ({ name, points: readSeries(path.join(data, `${name}.csv`)).slice(0, MOST_READ) }),
  );
  return [...named, { name: 'temperature-daily', points: temperatures() }];
}

/** Highest temperature of each day, in kelvin: ratios of degrees Celsius mean nothing. */
function temperatures(): Point[] {
  const file = path.join(import.meta.dirname, '../../lib/demo/data/seattle-weather.csv');
  const [head = '', ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  const names = head.split(',');
  return rows.slice(0, MOST_READ).map((line) => {
    const cells = line.split(',');
    const value = Number(cells[names.indexOf('temp_max')]) + 273.15;
    return { at: Date.parse((cells[names.indexOf('date')] ?? '').replaceAll('/', '-')), value };
  });
}
