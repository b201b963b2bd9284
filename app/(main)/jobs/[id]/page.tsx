import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
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
  return <JobView sync={toWire(await orNotFound(getSync(context, workspaceId, id)))} />;
}
