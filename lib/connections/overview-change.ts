import type { Overview, OverviewRow } from './overview.ts';

/** What of an overview differs from the one that was told before. */
export interface OverviewChange extends Omit<Overview, 'connections'> {
  /** Rows that are new or differ. */
  readonly changed: readonly OverviewRow[];
  /** The ids of all rows, worst first; null where none came, went or moved. */
  readonly order: readonly string[] | null;
}

export type OverviewNews =
  | { readonly event: 'overview'; readonly data: Overview }
  | { readonly event: 'changed'; readonly data: OverviewChange }
  | { readonly event: 'same'; readonly data: Pick<Overview, 'asOf'> };

/** Tells one reader an overview whole, then what changes of it: a thousand connections are not sent again because one has synced. */
export function overviewTeller(): (overview: Overview) => OverviewNews {
  let known: ReadonlyMap<string, string> | null = null;
  let figures = '';
  return (overview) => {
    const { connections, asOf, ...others } = overview;
    const [before, figuresBefore] = [known, figures];
    known = new Map(connections.map((row) => [row.id, JSON.stringify(row)]));
    figures = JSON.stringify(others);
    if (before === null) return { event: 'overview', data: overview };
    const now = known;
    const changed = connections.filter(({ id }) => before.get(id) !== now.get(id));
    const order = [...now.keys()];
    const isMoved = order.join() !== [...before.keys()].join();
    if (changed.length === 0 && !isMoved && figures === figuresBefore) return { event: 'same', data: { asOf } };
    return { event: 'changed', data: { asOf, ...others, changed, order: isMoved ? order : null } };
  };
}
