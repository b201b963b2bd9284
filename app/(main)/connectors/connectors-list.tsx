'use client';

import Link from 'next/link';
import type { ConnectorError, ConnectorSummary } from '#lib/connections/connectors.ts';
import { TimeAgo } from '../../_components/clock.tsx';
import { Cut } from '../../_components/cut.tsx';
import { cutMiddle, plural } from '../../_components/format.ts';
import { useListFilter } from '../../_components/list-filter.tsx';
import { Empty } from '../../_components/notice.tsx';
import { Panel, Table } from '../../_components/panel.tsx';

/** The workspace's connectors; found by their own name, their streams and what loads them. */
export function ConnectorsList({ connectors }: { connectors: readonly ConnectorSummary[] }) {
  const { q, found, drawn, bar, more } = useListFilter(connectors, {
    wordsOf: ({ name, streams, connections }) => [name, ...streams, ...connections].join(' '),
    label: 'Filter connectors',
    by: 'name, stream or connection',
  });
  return (
    <>
      {bar}
      <Panel foot={more}>
        <Table className="cards" label="Connectors" head={<Head />}>
          {drawn.map((connector) => (
            <ConnectorRow key={connector.id} connector={connector} />
          ))}
        </Table>
        {found.length === 0 && <Empty>No connector matches “{q}”.</Empty>}
      </Panel>
    </>
  );
}

function ConnectorRow({ connector }: { connector: ConnectorSummary }) {
  return (
    <tr>
      <td>
        <Link className="strong" href={`/connectors/${connector.id}`}>
          <Cut text={connector.name} />
        </Link>
        <span className="sub">{plural(connector.streams.length, 'stream')}</span>
      </td>
      <td data-k="Version">
        {connector.version === null ? <span className="faint">—</span> : `v${connector.version}`}
        {connector.hasDraft && <span className="tag">draft</span>}
      </td>
      <td data-k="Streams" className="hide-s">
        <span className="muted">{firstFew(connector.streams)}</span>
      </td>
      <td data-k="Used by">
        <UsedBy {...connector} />
      </td>
      <td data-k="Last error" className="wrap-cell">
        <LastError error={connector.lastError} />
      </td>
      <td data-k="Saved">
        <TimeAgo at={connector.versionAt ?? connector.createdAt} />
      </td>
    </tr>
  );
}

/** Its sources, and the connections that load them, by name. */
function UsedBy({ sources, connections }: Pick<ConnectorSummary, 'sources' | 'connections'>) {
  if (sources === 0) return <span className="faint">none</span>;
  return (
    <>
      <Link href="/sources">{plural(sources, 'source')}</Link>
      {connections.length > 0 && `, ${plural(connections.length, 'connection')}`}
      {connections.length > 0 && (
        <span className="sub">
          <Cut text={firstFew(connections, 2)} />
        </span>
      )}
    </>
  );
}

/** Of connections whose last sync failed: one that succeeded since leaves nothing to show. */
function LastError({ error }: { error: ConnectorError | null }) {
  if (error === null) return <span className="faint">—</span>;
  const { message, connection, syncId, at } = error;
  return (
    <>
      <Link className="st s-fail" href={`/connections/${connection.id}`} title={message}>
        {cutMiddle(message, 80)}
      </Link>
      <span className="sub">
        <Cut text={connection.name} />, sync {syncId} {at && <TimeAgo at={at} />}
      </span>
    </>
  );
}

function Head() {
  return (
    <>
      <th>Connector</th>
      <th>Version</th>
      <th>Streams</th>
      <th>Used by</th>
      <th>Last error</th>
      <th>Saved</th>
    </>
  );
}

function firstFew(names: readonly string[], count = 4): string {
  const shown = names.slice(0, count).join(', ');
  return names.length > count ? `${shown} and ${names.length - count} more` : shown;
}
