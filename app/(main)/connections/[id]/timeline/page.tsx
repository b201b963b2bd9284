import type { Metadata } from 'next';
import { getConnection } from '#lib/connections/connections.ts';
import { getOverviewRow } from '#lib/connections/overview.ts';
import { connectionTimeline } from '#lib/connections/timeline.ts';
import { Page } from '../../../../_components/shell/page.tsx';
import { toWire } from '../../../../_components/wire.ts';
import { orNotFound } from '../../../../_server/or-not-found.ts';
import { pageContext } from '../../../../_server/page-context.ts';
import { ConnectionHead } from '../../_parts/connection-head.tsx';
import { TimelineView } from './timeline-view.tsx';

export const metadata: Metadata = { title: 'Timeline' };

export default async function TimelinePage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const connection = toWire(await orNotFound(getConnection(context, workspaceId, id)));
  const [row, entries] = await Promise.all([
    getOverviewRow(context, workspaceId, id),
    connectionTimeline(context, workspaceId, id),
  ]);
  return (
    <Page
      crumbs={[
        { name: 'Connections', href: '/connections' },
        { name: connection.name, href: `/connections/${id}` },
        { name: 'Timeline' },
      ]}
    >
      <ConnectionHead connection={connection} row={toWire(row)} tab="timeline" />
      <TimelineView entries={toWire(entries)} />
    </Page>
  );
}
