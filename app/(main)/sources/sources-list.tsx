'use client';

import Link from 'next/link';
import type { SourceSummary } from '#lib/connections/sources.ts';
import { TimeAgo } from '../../_components/clock.tsx';
import { Cut } from '../../_components/cut.tsx';
import { plural } from '../../_components/format.ts';
import { useListFilter } from '../../_components/list-filter.tsx';
import { Empty } from '../../_components/notice.tsx';
import { Panel, Table } from '../../_components/panel.tsx';

/** The workspace's sources; found by their own name and their connector's. */
export function SourcesList({ sources }: { sources: readonly SourceSummary[] }) {
  const { q, found, drawn, bar, more } = useListFilter(sources, {
    wordsOf: ({ name, connector }) => `${name} ${connector.name}`,
    label: 'Filter sources',
    by: 'name or connector',
  });
  return (
    <>
      {bar}
      <Panel foot={more}>
        <Table className="cards" label="Sources" head={<Head />}>
          {drawn.map((source) => (
            <tr key={source.id}>
              <td>
                <Link className="strong" href={`/sources/${source.id}`}>
                  <Cut text={source.name} />
                </Link>
              </td>
              <td data-k="Connector">
                <Link href={`/connectors/${source.connector.id}`}>
                  <Cut text={source.connector.name} />
                </Link>
              </td>
              <td data-k="Used by">
                {source.connections === 0 ? (
                  <span className="faint">none</span>
                ) : (
                  plural(source.connections, 'connection')
                )}
              </td>
              <td data-k="Changed">
                <TimeAgo at={source.updatedAt} />
              </td>
            </tr>
          ))}
        </Table>
        {found.length === 0 && <Empty>No source matches “{q}”.</Empty>}
      </Panel>
    </>
  );
}

function Head() {
  return (
    <>
      <th>Source</th>
      <th>Connector</th>
      <th>Used by</th>
      <th>Changed</th>
    </>
  );
}
