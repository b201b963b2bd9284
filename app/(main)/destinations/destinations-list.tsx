'use client';

import Link from 'next/link';
import { TimeAgo } from '../../_components/clock.tsx';
import { Cut } from '../../_components/cut.tsx';
import { plural } from '../../_components/format.ts';
import { useListFilter } from '../../_components/list-filter.tsx';
import { Empty } from '../../_components/notice.tsx';
import { Panel, Table } from '../../_components/panel.tsx';

interface DestinationRow {
  readonly id: string;
  readonly name: string;
  /** As people call it. */
  readonly kind: string;
  /** How many load into it. */
  readonly connections: number;
  readonly updatedAt: Date;
}

/** The workspace's destinations; found by their name and kind. */
export function DestinationsList({ destinations }: { destinations: readonly DestinationRow[] }) {
  const { q, found, drawn, bar, more } = useListFilter(destinations, {
    wordsOf: ({ name, kind }) => `${name} ${kind}`,
    label: 'Filter destinations',
    by: 'name or kind',
  });
  return (
    <>
      {bar}
      <Panel foot={more}>
        <Table className="cards" label="Destinations" head={<Head />}>
          {drawn.map((destination) => (
            <tr key={destination.id}>
              <td>
                <Link className="strong" href={`/destinations/${destination.id}`}>
                  <Cut text={destination.name} length={60} />
                </Link>
              </td>
              <td data-k="Kind">{destination.kind}</td>
              <td data-k="Used by">
                {destination.connections === 0 ? (
                  <span className="faint">none</span>
                ) : (
                  plural(destination.connections, 'connection')
                )}
              </td>
              <td data-k="Changed">
                <TimeAgo at={destination.updatedAt} />
              </td>
            </tr>
          ))}
        </Table>
        {found.length === 0 && <Empty>No destination matches “{q}”.</Empty>}
      </Panel>
    </>
  );
}

function Head() {
  return (
    <>
      <th>Destination</th>
      <th>Kind</th>
      <th>Used by</th>
      <th>Changed</th>
    </>
  );
}
