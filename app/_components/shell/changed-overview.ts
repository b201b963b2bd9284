import type { Overview } from '#lib/connections/overview.ts';
import type { OverviewChange } from '#lib/connections/overview-change.ts';
import type { Wire } from '../wire.ts';

/** The overview after a change; null where the change is of another one than this page has. */
export function changedOverview(
  old: Wire<Overview>,
  { changed, order, ...figures }: Wire<OverviewChange>,
): Wire<Overview> | null {
  const rows = new Map([...old.connections, ...changed].map((row) => [row.id, row]));
  const ids = order ?? old.connections.map(({ id }) => id);
  const connections = ids.flatMap((id) => rows.get(id) ?? []);
  const isWhole = connections.length === ids.length && changed.every(({ id }) => ids.includes(id));
  return isWhole ? { ...figures, connections } : null;
}
