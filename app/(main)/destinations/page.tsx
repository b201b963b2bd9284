import Link from 'next/link';
import { destinationKind, listDestinations } from '#lib/connections/destinations.ts';
import { TimeAgo } from '../../_components/clock.tsx';
import { Cut } from '../../_components/cut.tsx';
import { plural } from '../../_components/format.ts';
import { Icon } from '../../_components/icon.tsx';
import { Empty } from '../../_components/notice.tsx';
import { Panel, Table } from '../../_components/panel.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';
import { pageContext } from '../../_server/page-context.ts';

export const metadata = { title: 'Destinations' };

export default async function DestinationsPage() {
  const { context, workspaceId } = await pageContext();
  const destinations = await listDestinations(context, workspaceId);
  const create = (
    <Link className="btn primary" href="/destinations/new">
      <Icon name="plus" />
      New destination
    </Link>
  );
  return (
    <Page crumbs={[{ name: 'Destinations' }]}>
      <PageHead title="Destinations" actions={create}>
        Where tables land: a Postgres, or Parquet files in a bucket.
      </PageHead>
      <Panel>
        {destinations.length === 0 ? (
          <Empty
            action={
              <Link className="btn" href="/destinations/new">
                Create a destination
              </Link>
            }
          >
            No destinations yet. Add the database or bucket that syncs load into.
          </Empty>
        ) : (
          <Table
            className="cards"
            label="Destinations"
            head={
              <>
                <th>Destination</th>
                <th>Kind</th>
                <th>Used by</th>
                <th>Changed</th>
              </>
            }
          >
            {destinations.map((destination) => (
              <tr key={destination.id}>
                <td>
                  <Link className="strong" href={`/destinations/${destination.id}`}>
                    <Cut text={destination.name} length={60} />
                  </Link>
                </td>
                <td data-k="Kind">{destinationKind(destination.type).title}</td>
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
        )}
      </Panel>
    </Page>
  );
}
