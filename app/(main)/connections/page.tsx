import type { Metadata } from 'next';
import { getOverview } from '#lib/connections/overview.ts';
import { firstOverview } from '../../_server/first-overview.ts';
import { pageContext } from '../../_server/page-context.ts';
import { ConnectionsView } from './connections-view.tsx';

export const metadata: Metadata = { title: 'Connections' };

export default async function ConnectionsPage() {
  const { context, workspaceId } = await pageContext();
  return <ConnectionsView overview={firstOverview(await getOverview(context, workspaceId))} />;
}
