import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { getConnection } from '#lib/connections/connections.ts';
import { getSync } from '#lib/sync/syncs.ts';
import { toWire } from '../../../_components/wire.ts';
import { orNotFound } from '../../../_server/or-not-found.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { JobView } from './job-view.tsx';

type Params = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Params): Promise<Metadata> {
  return { title: `Sync ${(await params).id}` };
}

export default async function JobPage({ params }: Params) {
  const { context, workspaceId } = await pageContext();
  const id = Number((await params).id);
  if (!Number.isSafeInteger(id)) notFound();
  const sync = await orNotFound(getSync(context, workspaceId, id));
  const { source, destination } = await getConnection(context, workspaceId, sync.connectionId);
  return <JobView sync={toWire(sync)} ends={{ source, destination }} />;
}
