import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DestinationSyncMode } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import {
  type AttemptRef,
  type DestinationKind,
  type Load,
  NO_COUNTS,
  type Stage,
  type TargetStream,
} from './destination.ts';
import type { Place } from './fixtures/contract-place.ts';
import { at, customer, customers } from './fixtures/customers.ts';

/** Each run takes some ten syncs' worth of statements; more by WEIR_PROPERTY_RUNS. */
const RUNS = Number(process.env.WEIR_PROPERTY_RUNS ?? 20);

interface Slice {
  readonly name: string;
  readonly pages: readonly (readonly JsonObject[])[];
}

/** A source, how it is read, and after how many steps each attempt is lost. */
interface Scenario {
  readonly mode: DestinationSyncMode;
  readonly slices: readonly Slice[];
  /** Pages of two slices are read in turn. */
  readonly interleaved: boolean;
  readonly publishEarly: boolean;
  readonly deaths: readonly number[];
}

/** One value per key and cursor, so that which of two equals wins makes no difference. */
const ODD_TEXT = ['', '\\.', '\t\n', '😀', "'", '"'];
const record = fc
  .record({ id: fc.integer({ min: 1, max: 9 }), day: fc.integer({ min: 1, max: 5 }), odd: fc.nat({ max: 7 }) })
  .map(({ id, day, odd }) => {
    const name = `${id}/${day}${ODD_TEXT[(id + day) % ODD_TEXT.length]}`;
    const fits = { ...customer(id, day, name), [`field ${day}`]: day % 2 ? day : `x${day}` };
    return odd === 0 ? { ...fits, updated_at: 'never' } : fits;
  });

function scenarios(kind: DestinationKind): fc.Arbitrary<Scenario> {
  const pages = fc.array(fc.array(record, { maxLength: 6 }), { minLength: 1, maxLength: 3 });
  return fc.record({
    mode: fc.constantFrom(...kind.supportedModes),
    slices: fc
      .array(pages, { minLength: 1, maxLength: 4 })
      .map((all) => all.map((one, i) => ({ name: `s${i}`, pages: one }))),
    interleaved: fc.boolean(),
    publishEarly: fc.boolean(),
    deaths: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }),
  });
}

class Lost extends Error {}

/** Whatever is read, and wherever attempts are lost: the table equals the source, and the state never says more than the table holds. */
export function describeReplay(kind: DestinationKind, makePlace: () => Promise<Place>): void {
  test(`${kind.title}: lost attempts lose nothing and double nothing`, { timeout: 240_000 }, async () => {
    const place = await makePlace();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(scenarios(kind), async (scenario) => {
        run++;
        const stream = customers(scenario.mode, { table: `t${run}`, badValues: 'quarantine' });
        const connectionId = `c0ffee00-0000-4000-8000-${String(run).padStart(12, '0')}`;
        for (const [index, steps] of [...scenario.deaths, Number.POSITIVE_INFINITY].entries()) {
          const attempt = { connectionId, syncId: 1, attempt: index + 1, fence: index + 1 };
          if (await isDone(place, attempt, stream, scenario)) break;
          await attemptUntil(steps, place, attempt, stream, scenario);
        }
        const all = scenario.slices.flatMap((slice) => slice.pages.flat());
        expect(await seen(place, stream)).toEqual(expected(scenario.mode, all));
        expect(await putAside(place, connectionId, stream)).toEqual(spelled(all.filter((one) => !fits(one))));
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 200_000 },
    );
  });
}

/** Looks between two attempts: the published state covers exactly what a reader sees. */
async function isDone(place: Place, attempt: AttemptRef, stream: TargetStream, scenario: Scenario): Promise<boolean> {
  const destination = place.open();
  try {
    const published = await (await destination.begin(attempt)).published(stream);
    const done = doneIn(published.state);
    const covered = scenario.slices.filter((slice) => done.includes(slice.name)).flatMap((slice) => slice.pages.flat());
    expect(await seen(place, stream)).toEqual(expected(scenario.mode, covered));
    return published.completed !== null;
  } finally {
    await destination.close();
  }
}

async function attemptUntil(
  steps: number,
  place: Place,
  attempt: AttemptRef,
  stream: TargetStream,
  scenario: Scenario,
): Promise<void> {
  let left = steps;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left-- <= 0) throw new Lost();
    return work();
  };
  const destination = place.open();
  try {
    await syncOnce(await destination.begin(attempt), stream, scenario, step);
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
  } finally {
    await destination.close();
  }
}

type Step = <T>(work: () => Promise<T>) => Promise<T>;

/** What run-sync does, made small: groups of slices, whose pages come in turn; the last slice of a group stays open longest. */
async function syncOnce(load: Load, stream: TargetStream, scenario: Scenario, step: Step): Promise<void> {
  const published = await load.published(stream);
  const stage = await step(() => load.stage(stream));
  const done = doneIn(stage.resumed?.state ?? published.state);
  let counts = stage.resumed?.counts ?? NO_COUNTS;
  const save = async (openSlices: string[]) => {
    counts = await step(() => stage.checkpoint({ state: { done: [...done] }, openSlices, counts }));
    expect(counts.read).toBe(counts.written + counts.quarantined);
  };
  const todo = scenario.slices.filter((slice) => !done.includes(slice.name));
  const groupSize = scenario.interleaved ? 2 : 1;
  for (let first = 0; first < todo.length; first += groupSize) {
    const group = todo.slice(first, first + groupSize);
    for (const slice of group) await writePages(stage, slice, slice.pages.slice(0, -1), step);
    for (const [index, slice] of group.entries()) {
      await writePages(stage, slice, slice.pages.slice(-1), step);
      done.push(slice.name);
      counts = { ...counts, read: counts.read + slice.pages.flat().length };
      await save(group.slice(index + 1).map((one) => one.name));
      if (scenario.publishEarly && stream.syncMode === 'incremental')
        await step(() => stage.publish({ complete: false }));
    }
  }
  await save([]);
  await step(() => stage.publish({ complete: true }));
}

async function writePages(stage: Stage, slice: Slice, pages: Slice['pages'], step: Step): Promise<void> {
  for (const [index, records] of pages.entries()) {
    await step(() => stage.write({ slice: slice.name, page: index + 1, records }));
  }
}

function doneIn(state: JsonObject | null): string[] {
  return Array.isArray(state?.done) ? state.done.map(String) : [];
}

/** What a reader finds, in an order and spelling that doesn't depend on the destination. */
async function seen(place: Place, stream: TargetStream): Promise<string[]> {
  return spelled((await place.rows(stream)) ?? []);
}

function fits({ updated_at: at }: JsonObject): boolean {
  return at !== 'never';
}

/** Whatever attempts were lost, each row that does not fit was put aside once. */
async function putAside(place: Place, connectionId: string, { table }: TargetStream): Promise<string[]> {
  const destination = place.open();
  const rows = (await destination.quarantine?.list({ connectionId, table, limit: 1_000 })) ?? [];
  await destination.close();
  return spelled(rows.map(({ record }) => JSON.parse(record)));
}

function expected(mode: DestinationSyncMode, all: readonly JsonObject[]): string[] {
  const records = all.filter(fits);
  if (!mode.endsWith('_dedup')) return spelled(records);
  const newest = new Map<unknown, JsonObject>();
  for (const one of records) {
    const known = newest.get(one.id);
    if (!known || String(one.updated_at) >= String(known.updated_at)) newest.set(one.id, one);
  }
  return spelled([...newest.values()]);
}

function spelled(rows: readonly JsonObject[]): string[] {
  const spell = (row: JsonObject) =>
    Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name.replaceAll(' ', '_')}=${name === 'updated_at' ? day(value) : String(value)}`)
      .toSorted()
      .join(' ');
  return rows.map(spell).toSorted();
}

const day = (instant: unknown) => String(instant).slice(0, at(1).indexOf('T'));
