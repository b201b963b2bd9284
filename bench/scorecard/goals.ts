import { detect, judgeNext } from '#quality/anomaly/detect.ts';
import { baselines, type Detect } from './baselines.ts';
import { createRandom, dailyRows, plant, type Shape, type Trouble, troubles } from './plant.ts';

const HISTORY = 14;
const OPTIONS = { falseAlarmsPerMonth: 1 };
/** Normal days after the history over which false alarms are counted, and how many series of them. */
const QUIET_DAYS = 90;
const QUIET_SERIES = 60;

interface Goal {
  readonly name: string;
  readonly shape: Omit<Shape, 'days'>;
  readonly trouble: string;
  /** The day of the trouble that is to be caught, from 0, and how often in percent; no goal where there is none. */
  readonly day: number;
  readonly least?: number;
  readonly history?: number;
}

const GOALS: readonly Goal[] = [
  { name: 'outage, 10 % variation', shape: { variation: 0.1 }, trouble: 'outage', day: 0 },
  { name: 'outage, 20 % variation', shape: { variation: 0.2 }, trouble: 'outage', day: 0, least: 99 },
  { name: 'outage, 20 %, second day', shape: { variation: 0.2 }, trouble: 'outage', day: 1, least: 95 },
  { name: 'outage, 30 % variation', shape: { variation: 0.3 }, trouble: 'outage', day: 0 },
  { name: '−50 %, 10 % variation', shape: { variation: 0.1 }, trouble: 'halving', day: 0, least: 95 },
  { name: '−50 %, 15 % variation', shape: { variation: 0.15 }, trouble: 'halving', day: 0 },
  { name: '−50 %, 15 %, 56 days', shape: { variation: 0.15 }, trouble: 'halving', day: 0, history: 56 },
  { name: '+100 %, 20 % variation', shape: { variation: 0.2 }, trouble: 'doubling', day: 0 },
  // Weekends at 40 %, and nobody said so: the 17th day is a Wednesday.
  {
    name: 'weekday outage, 5 %',
    shape: { variation: 0.05, weekend: 0.4 },
    trouble: 'outage',
    day: 0,
    least: 95,
    history: 16,
  },
  {
    name: 'weekday outage, 10 %',
    shape: { variation: 0.1, weekend: 0.4 },
    trouble: 'outage',
    day: 0,
    least: 95,
    history: 16,
  },
  { name: 'same, second day', shape: { variation: 0.1, weekend: 0.4 }, trouble: 'outage', day: 1, history: 16 },
  { name: '−50 %, +1 % a week', shape: { variation: 0.1, growth: 0.01 }, trouble: 'halving', day: 0, history: 56 },
  { name: 'constant, then 0', shape: { variation: 0 }, trouble: 'outage', day: 0, least: 99 },
];

/** Prints how often made troubles are caught after a history of two weeks, and how many false alarms there are. Gives the goals that are missed. */
export function goals(trials: number): number {
  const others = baselines(HISTORY);
  console.log(`Caught of ${trials} made troubles, ${HISTORY} days of history, at most 1 false alarm a month set\n`);
  console.log(row(['', 'Weir', 'goal', ...Object.keys(others)]));
  let missed = 0;
  for (const goal of GOALS) {
    const rates = caught(goal, trials, others);
    const ok = goal.least === undefined || (rates[0] ?? 0) >= goal.least;
    if (!ok) missed++;
    const wanted = goal.least === undefined ? '' : `${goal.least} ${ok ? 'met' : 'MISSED'}`;
    console.log(row([goal.name, ...rates.slice(0, 1).map(percent), wanted, ...rates.slice(1).map(percent)]));
  }
  for (const [name, shape] of [
    ['false alarms a month', {}],
    ['same, weekends at 40 %', { weekend: 0.4 }],
    ['same, +1 % a week', { growth: 0.01 }],
  ] as const) {
    const rates = falseAlarms(shape, others);
    const ok = (rates[0] ?? 0) <= OPTIONS.falseAlarmsPerMonth;
    if (!ok) missed++;
    const [first = 0, ...rest] = rates;
    console.log(row([name, first.toFixed(2), `≤ 1 ${ok ? 'met' : 'MISSED'}`, ...rest.map((rate) => rate.toFixed(2))]));
  }
  return missed;
}

function caught(goal: Goal, trials: number, others: Readonly<Record<string, Detect>>): number[] {
  const { shape, day, history = HISTORY } = goal;
  const random = createRandom(7);
  const trouble = troubles.find(({ name }) => name === goal.trouble) as Trouble;
  const counts = [0, ...Object.keys(others).map(() => 0)];
  for (let trial = 0; trial < trials; trial++) {
    const points = plant(dailyRows({ days: history + day + 1, ...shape }, random), history, trouble);
    const at = history + day;
    const tested = points[at];
    const values = points.map(({ value }) => value ?? 0);
    const said = Object.values(others).map((detectIn) => detectIn(values)[at]);
    const ours = tested !== undefined && judgeNext(points.slice(0, at), tested, OPTIONS).isAnomaly;
    for (const [which, isCaught] of [ours, ...said].entries()) if (isCaught) counts[which] = (counts[which] ?? 0) + 1;
  }
  return counts.map((count) => (100 * count) / trials);
}

function falseAlarms(shape: { weekend?: number; growth?: number }, others: Readonly<Record<string, Detect>>): number[] {
  const random = createRandom(11);
  const counts = [0, ...Object.keys(others).map(() => 0)];
  for (let series = 0; series < QUIET_SERIES; series++) {
    const variation = [0.05, 0.1, 0.2][series % 3] ?? 0.1;
    const points = dailyRows({ days: HISTORY + QUIET_DAYS, variation, ...shape }, random);
    const values = points.map(({ value }) => value ?? 0);
    const ours = detect(points, OPTIONS).map(({ isAnomaly }) => isAnomaly);
    const all = [ours, ...Object.values(others).map((detectIn) => detectIn(values))];
    for (const [which, said] of all.entries()) counts[which] = (counts[which] ?? 0) + episodes(said.slice(HISTORY));
  }
  return counts.map((count) => (count * 30) / (QUIET_SERIES * QUIET_DAYS));
}

/** Alarms that follow one another are one. */
function episodes(said: readonly boolean[]): number {
  return said.filter((isAlarm, index) => isAlarm && !said[index - 1]).length;
}

export function row(cells: readonly string[]): string {
  const [first = '', ...rest] = cells;
  return first.padEnd(30) + rest.map((cell) => cell.padStart(18)).join('');
}

function percent(rate: number): string {
  return `${rate.toFixed(1)} %`;
}
