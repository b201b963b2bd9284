import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { getIncident } from '#lib/alerts/incidents.ts';
import { toWire } from '../../../_components/wire.ts';
import { orNotFound } from '../../../_server/or-not-found.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { IncidentView } from './incident-view.tsx';

type Params = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Params): Promise<Metadata> {
  return { title: `INC-${(await params).id}` };
}

export default async function IncidentPage({ params }: Params) {
  const { context, workspaceId } = await pageContext();
  const id = Number((await params).id);
  if (!Number.isSafeInteger(id)) notFound();
  return <IncidentView incident={toWire(await orNotFound(getIncident(context, workspaceId, id)))} />;
}
