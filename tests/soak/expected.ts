import type { JsonObject } from '#lib/json.ts';
import type { Came, Load } from './given.ts';
import { retained } from './retained.ts';
import { isKeyed, isWhole, type Scenario, taskOf, type Way, wayOf } from './scenario.ts';
import { type HeldAside, keptOf, keyText, type Laid, putAside, rankIn, selected, sortedOut } from './sorted-out.ts';

/** A row of the stream's table, and those of its child table; `gone` where it vanished from its source and is kept. */
export interface HeldRow extends Laid {
  readonly gone: boolean;
  /** The sync whose files hold it. */
  readonly by: number;
  /** The sync that read it, and its place in that. */
  readonly came: number;
  readonly seq: number;
}

export type HeldRecord = Pick<HeldRow, 'record' | 'by' | 'came'>;

/** What is at the destination once some loads were published. */
export interface Held {
  readonly rows: readonly HeldRow[];
  /** What a raw table holds: every record that was published, as it came. */
  readonly raw: readonly HeldRecord[];
  /** In the order in which the source gave them. */
  readonly aside: readonly HeldAside[];
}

const NOTHING: Held = { rows: [], raw: [], aside: [] };

/** What readers see after these loads, one after another. */
export function heldAfter(scenario: Scenario, loads: readonly Load[]): Held {
  return loads.reduce((held, load) => loaded(scenario, held, load), NOTHING);
}

function loaded(scenario: Scenario, held: Held, load: Load): Held {
  const way = wayOf(scenario, load.sync);
  const { written } = sortedOut(scenario, load);
  const by = filesOf(scenario, held, load);
  // What vanished stays, and its record with it.
  const before = way === 'replace' ? NOTHING : held;
  const raw = written.map(({ record, came }) => ({ record: selected(scenario, record), by, came }));
  const after = {
    rows: isWhole(scenario) ? [] : rowsAfter(scenario, before.rows, { load, way, by }),
    raw: [...before.raw, ...raw],
  };
  return { ...(load.complete ? retained(scenario, load.sync, after) : after), aside: asideAfter(scenario, held, load) };
}

/** What is loaded again stays with the files of the sync before, where the bucket keeps those of so many syncs. */
function filesOf(scenario: Scenario, { rows, raw }: Held, { sync }: Load): number {
  const { place } = scenario;
  const isBySyncs = place.kind === 'bucket' && place.retention?.rule === 'generations';
  if (!isBySyncs || taskOf(scenario, sync).kind !== 'replay') return sync;
  const before = [...rows, ...raw].map(({ by }) => by);
  return before.length > 0 ? Math.max(...before) : sync;
}

function rowsAfter(
  scenario: Scenario,
  before: readonly HeldRow[],
  { load, way, by }: { load: Load; way: Way; by: number },
): HeldRow[] {
  const { written, aside } = sortedOut(scenario, load);
  const rowOf = ({ record, came, seq }: Came) => ({ ...keptOf(scenario, record), gone: false, by, came, seq });
  if (!isKeyed(scenario)) return [...before, ...written.map(rowOf)];
  const keyIn = ({ record }: { record: JsonObject }) => keyText(scenario, record);
  const rows = new Map(before.map((row) => [keyIn(row), row]));
  const came = newest(scenario, written);
  const newer = (one: Came, row: HeldRow | undefined) => row === undefined || isNewer(scenario, one, row);
  // A full refresh says what is there, whatever its cursor says; what it put aside came too, and is not gone.
  const isThere = new Set([...came.keys(), ...aside.map(keyIn)]);
  if (way === 'mark') for (const [key, row] of rows) if (!isThere.has(key)) rows.set(key, { ...row, gone: true });
  for (const [key, one] of came) if (way === 'mark' || newer(one, rows.get(key))) rows.set(key, rowOf(one));
  return [...rows.values()];
}

/** Of each key the newest. */
function newest(scenario: Scenario, records: readonly Came[]): Map<string, Came> {
  const byKey = new Map<string, Came>();
  for (const one of records) {
    const key = keyText(scenario, one.record);
    const known = byKey.get(key);
    if (known === undefined || isNewer(scenario, one, known)) byKey.set(key, one);
  }
  return byKey;
}

/** The higher cursor, among equals what the source gave last. */
function isNewer(scenario: Scenario, one: Came, other: Omit<Came, 'slice'>): boolean {
  const [rank, known] = [rankIn(scenario, one.record), rankIn(scenario, other.record)];
  if (rank !== known) return rank > known;
  return one.came > other.came || (one.came === other.came && one.seq >= other.seq);
}

function asideAfter(scenario: Scenario, { aside }: Held, load: Load): HeldAside[] {
  const put = putAside(scenario, load);
  const readsAnew = load.complete && ['replace', 'mark'].includes(wayOf(scenario, load.sync));
  return readsAnew || taskOf(scenario, load.sync).kind === 'replay' ? put : [...aside, ...put];
}
