import type { JsonObject } from '#lib/json.ts';
import type { Held } from './expected.ts';
import type { Load } from './given.ts';
import type { Scenario } from './scenario.ts';
import { type HeldAside, putAside, sortedOut } from './sorted-out.ts';
import { isRowOf, isSame, takeEach } from './stands-for.ts';
import type { KeptAside, View } from './view.ts';

/** Once a sync has gone through: read = filtered + quarantined + written over all its attempts, each the number that follows from what came. */
export function assertCounts(scenario: Scenario, given: Load, { counts }: View): void {
  const { aside, filtered, written } = sortedOut(scenario, given);
  const all = { read: given.records.length, filtered, quarantined: aside.length, written: written.length };
  for (const [name, value] of Object.entries(all))
    if (counts[name] !== value) throw new Error(`the counts are ${JSON.stringify(counts)}, not ${JSON.stringify(all)}`);
}

/**
 * In quarantine are the very records that were put aside by what was published, each once, under the sync that did. Of syncs that broke
 * off there may be more, for somebody to look at: what they put aside, once.
 */
export async function assertAside(
  scenario: Scenario,
  { held, broken, outdated }: { held: Held; broken: readonly Load[]; outdated: readonly HeldAside[] },
  view: View,
): Promise<void> {
  // Put together again from what was staged: under the names of fields.
  const own = view.columns.map((column) => ({ ...column, name: column.field }));
  const isIt = (found: JsonObject, wanted: JsonObject) => isSame(found, wanted) || isRowOf(found, wanted, own);
  const isOf = (found: KeptAside, { by, isChecked, record }: Pick<HeldAside, 'by' | 'isChecked' | 'record'>) =>
    found.sync === by &&
    (found.code === 'check_failed') === isChecked &&
    (isChecked ? isIt(found.record, record) : isSame(found.record, record));
  const left = takeEach('quarantine', { found: await view.aside(), wanted: held.aside }, isOf);
  const more = [...broken.flatMap((load) => putAside(scenario, load)), ...outdated];
  takeEach('quarantine that was not put aside, or is there twice', { found: more, wanted: left }, (one, found) =>
    isOf(found, one),
  );
}
