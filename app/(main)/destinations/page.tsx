import Link from 'next/link';
import { destinationKind, listDestinations } from '#lib/connections/destinations.ts';
import { Icon } from '../../_components/icon.tsx';
import { NoneYet } from '../../_components/notice.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';
import { pageContext } from '../../_server/page-context.ts';
import { DestinationsList } from './destinations-list.tsx';

export const metadata = { title: 'Destinations' };

export default async function DestinationsPage() {
  const { context, workspaceId } = await pageContext();
  const destinations = await listDestinations(context, workspaceId);
  const rows = destinations.map(({ id, name, type, connections, updatedAt }) => ({
    ...{ id, name, connections, updatedAt },
    kind: destinationKind(type).title,
  }));
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
      {rows.length > 0 ? (
        <DestinationsList destinations={rows} />
      ) : (
        <NoneYet create="Create a destination" href="/destinations/new">
          No destinations yet. Add the database or bucket that syncs load into.
        </NoneYet>
      )}
    </Page>
  );
}
