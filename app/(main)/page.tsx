import type { Metadata } from 'next';
import { listChannels } from '#lib/alerts/channels.ts';
import { listIncidents } from '#lib/alerts/incidents.ts';
import { getOverview } from '#lib/connections/overview.ts';
import { toWire } from '../_components/wire.ts';
import { firstOverview } from '../_server/first-overview.ts';
import { pageContext } from '../_server/page-context.ts';
import { OverviewView } from './_overview/overview-view.tsx';

export const metadata: Metadata = { title: 'Overview' };

export default async function OverviewPage() {
  const { context, workspaceId } = await pageContext();
  const [overview, incidents, channels] = await Promise.all([
    getOverview(context, workspaceId),
    listIncidents(context, workspaceId),
    listChannels(context, workspaceId),
  ]);
  return <OverviewView overview={firstOverview(overview)} incidents={toWire(incidents)} channels={toWire(channels)} />;
}
