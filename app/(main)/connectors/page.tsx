import Link from 'next/link';
import { type ConnectorError, type ConnectorSummary, listConnectors } from '#lib/connections/connectors.ts';
import { TimeAgo } from '../../_components/clock.tsx';
import { Cut } from '../../_components/cut.tsx';
import { cutMiddle, plural } from '../../_components/format.ts';
import { Icon } from '../../_components/icon.tsx';
import { Empty } from '../../_components/notice.tsx';
import { Panel, Table } from '../../_components/panel.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';
import { pageContext } from '../../_server/page-context.ts';
import { ConnectorTabs } from './_parts/connector-tabs.tsx';

export const metadata = { title: 'Connectors' };

export default async function ConnectorsPage() {
  const { context, workspaceId } = await pageContext();
  const connectors = await listConnectors(context, workspaceId);
  const create = (
    <Link className="btn primary" href="/connectors/new">
      <Icon name="plus" />
      New connector
    </Link>
  );
  return (
    <Page crumbs={[{ name: 'Connectors' }]}>
      <PageHead title="Connectors" actions={create}>
        A connector says in YAML how to read an API or files. Sources are made from it.
      </PageHead>
      <ConnectorTabs current="connectors" />
      <Panel>
        {connectors.length === 0 ? (
          <Empty
            action={
              <Link className="btn" href="/connectors/new">
                Create a connector
              </Link>
            }
          >
            No connectors yet. Install one of ours, start from an API, or paste an Airbyte manifest.
          </Empty>
        ) : (
          <Table className="cards" label="Connectors" head={<Head />}>
            {connectors.map((connector) => (
              <tr key={connector.id}>
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
            ))}
          </Table>
        )}
      </Panel>
    </Page>
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
