'use client';

import Link from 'next/link';
import type { Channel } from '#lib/alerts/channels.ts';
import type { Overview } from '#lib/connections/overview.ts';
import { AlertingNotice } from '../../_components/alerting-notice.tsx';
import { ConnectionsTable } from '../../_components/connections-table.tsx';
import { formatCount } from '../../_components/format.ts';
import { Icon } from '../../_components/icon.tsx';
import { type Incident, IncidentsTable, useIncidents } from '../../_components/incidents-table.tsx';
import { Empty } from '../../_components/notice.tsx';
import { LiveStamp } from '../../_components/shell/live-stamp.tsx';
import { Page } from '../../_components/shell/page.tsx';
import { useOverview } from '../../_components/shell/pulse.ts';
import { LinkTabs } from '../../_components/tabs.tsx';
import type { Wire } from '../../_components/wire.ts';
import { DiskNotice } from './disk-notice.tsx';
import { OverviewTiles } from './overview-tiles.tsx';
import { VerdictHead } from './verdict-head.tsx';

const INCIDENTS_SHOWN = 5;

interface OverviewViewProps {
  readonly overview: Wire<Overview>;
  readonly incidents: Incident[];
  readonly channels: Wire<Channel>[];
}

/** The verdict, five numbers, every connection worst first, and what is open. */
export function OverviewView({ overview: initial, incidents: initialIncidents, channels }: OverviewViewProps) {
  const { data: overview = initial, dataUpdatedAt } = useOverview(initial);
  const incidents = useIncidents(initialIncidents).filter(({ status }) => status !== 'resolved');
  return (
    <Page crumbs={[{ name: 'Overview' }]} live={<LiveStamp updatedAt={dataUpdatedAt} />}>
      <VerdictHead rows={overview.connections} />
      <AlertingNotice channels={channels} link />
      <LinkTabs
        label="Overview"
        current="connections"
        tabs={[
          { id: 'connections', label: 'Connections', href: '/' },
          { id: 'pipelines', label: 'Pipelines', href: '/pipelines' },
        ]}
      />
      <DiskNotice disk={overview.disk} />
      {overview.connections.length === 0 ? (
        <FirstSteps />
      ) : (
        <>
          <OverviewTiles overview={overview} />
          <ConnectionsTable rows={overview.connections} />
          <OpenIncidents incidents={incidents.slice(0, INCIDENTS_SHOWN)} open={overview.tiles.incidents.open} />
        </>
      )}
    </Page>
  );
}

function FirstSteps() {
  return (
    <section className="panel">
      <Empty
        action={
          <>
            <Link className="btn primary" href="/connectors/new">
              <Icon name="plus" />
              New connector
            </Link>
            <Link className="link" href="/settings">
              Load the demo
            </Link>
          </>
        }
      >
        No connections yet. Describe a source in a connector, then connect it to a destination to start syncing.
      </Empty>
    </section>
  );
}

function OpenIncidents({ incidents, open }: { incidents: Incident[]; open: number }) {
  if (incidents.length === 0) return null;
  return (
    <>
      <div className="row" style={{ margin: '24px 0 8px' }}>
        <h2>Open incidents</h2>
        <span className="muted small">{formatCount(open)}</span>
        <span className="grow" />
        <Link className="link small" href="/incidents">
          All incidents
        </Link>
      </div>
      <IncidentsTable incidents={incidents} />
    </>
  );
}
