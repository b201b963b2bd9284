'use client';

import Link from 'next/link';
import type { Overview } from '#lib/connections/overview.ts';
import { ConnectionsTable } from '../../_components/connections-table.tsx';
import { plural } from '../../_components/format.ts';
import { Icon } from '../../_components/icon.tsx';
import { Empty } from '../../_components/notice.tsx';
import { LiveStamp } from '../../_components/shell/live-stamp.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';
import { useOverview } from '../../_components/shell/pulse.ts';
import type { Wire } from '../../_components/wire.ts';

export function ConnectionsView({ overview: initial }: { overview: Wire<Overview> }) {
  const { data: { connections } = initial, dataUpdatedAt } = useOverview(initial);
  return (
    <Page crumbs={[{ name: 'Connections' }]} live={<LiveStamp updatedAt={dataUpdatedAt} />}>
      <PageHead
        title="Connections"
        actions={
          connections.length > 0 && (
            <Link className="btn primary" href="/connections/new">
              <Icon name="plus" />
              New connection
            </Link>
          )
        }
      >
        {connections.length > 0 &&
          `${plural(connections.length, 'connection')}, each from one source to one destination.`}
      </PageHead>
      {connections.length > 0 ? <ConnectionsTable rows={connections} /> : <NoConnections />}
    </Page>
  );
}

function NoConnections() {
  return (
    <section className="panel">
      <Empty
        action={
          <Link className="btn primary" href="/connections/new">
            <Icon name="plus" />
            New connection
          </Link>
        }
      >
        No connections yet. Connect a source to a destination to start syncing.
      </Empty>
    </section>
  );
}
