import type { Metadata } from 'next';
import { listSyncs } from '#lib/sync/syncs.ts';
import { toWire } from '../../_components/wire.ts';
import { pageContext } from '../../_server/page-context.ts';
import { JobsView } from './jobs-view.tsx';

export const metadata: Metadata = { title: 'Jobs' };

export default async function JobsPage() {
  const { context, workspaceId } = await pageContext();
  const syncs = await listSyncs(context, workspaceId, { limit: 50 });
  return <JobsView syncs={toWire(syncs)} />;
}
