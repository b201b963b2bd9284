import type { Held } from './expected.ts';
import type { Scenario } from './scenario.ts';

/** What the bucket's rule leaves of the files of earlier syncs, once a sync is whole. */
export function retained(
  { place }: Scenario,
  sync: number,
  held: Pick<Held, 'rows' | 'raw'>,
): Pick<Held, 'rows' | 'raw'> {
  if (place.kind !== 'bucket' || place.retention === null) return held;
  const { rule, most } = place.retention;
  const syncs = new Set([...held.rows, ...held.raw].map(({ by }) => by));
  const newest = [...syncs].toSorted((a, b) => b - a).slice(0, most);
  // A day goes by between two syncs.
  const stays = ({ by }: { by: number }) => (rule === 'age' ? by >= sync - most : newest.includes(by));
  return { rows: held.rows.filter(stays), raw: held.raw.filter(stays) };
}
