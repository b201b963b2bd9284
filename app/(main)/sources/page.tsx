import Link from 'next/link';
import { listSources } from '#lib/connections/sources.ts';
import { TimeAgo } from '../../_components/clock.tsx';
import { Cut } from '../../_components/cut.tsx';
import { plural } from '../../_components/format.ts';
import { Icon } from '../../_components/icon.tsx';
import { Empty } from '../../_components/notice.tsx';
import { Panel, Table } from '../../_components/panel.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';
import { pageContext } from '../../_server/page-context.ts';
import { ConnectorTabs } from '../connectors/_parts/connector-tabs.tsx';

export const metadata = { title: 'Sources' };

export default async function SourcesPage() {
  const { context, workspaceId } = await pageContext();
  const sources = await listSources(context, workspaceId);
  const create = (
    <Link className="btn primary" href="/sources/new">
      <Icon name="plus" />
      New source
    </Link>
  );
  return (
    <Page crumbs={[{ name: 'Connectors', href: '/connectors' }, { name: 'Sources' }]}>
      <PageHead title="Sources" actions={create}>
        A source is a connector with its settings: the address, the token, the start date.
      </PageHead>
      <ConnectorTabs current="sources" />
      <Panel>
        {sources.length === 0 ? (
          <Empty
            action={
              <Link className="btn" href="/sources/new">
                Create a source
              </Link>
            }
          >
            No sources yet. Fill in the settings of a connector to make one.
          </Empty>
        ) : (
          <Table
            className="cards"
            label="Sources"
            head={
              <>
                <th>Source</th>
                <th>Connector</th>
                <th>Used by</th>
                <th>Changed</th>
              </>
            }
          >
            {sources.map((source) => (
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
        )}
      </Panel>
    </Page>
  );
}
