import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { getIncident, type IncidentDetail } from '#lib/alerts/incidents.ts';
import { getConnection } from '#lib/connections/connections.ts';
import type { Context } from '#lib/context.ts';
import { getSync, listSyncs } from '#lib/sync/syncs.ts';
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
  const incident = await orNotFound(getIncident(context, workspaceId, id));
  return <IncidentView incident={toWire(incident)} repair={toWire(await repairOf(context, workspaceId, incident))} />;
}

/** The sync that still has to be mended, with the ends of its connection. */
async function repairOf(context: Context, workspaceId: string, incident: IncidentDetail) {
  const { status, cause, connectionId } = incident;
  if (status === 'resolved' || connectionId === null || !cause.startsWith('sync:')) return null;
  const [last] = await listSyncs(context, workspaceId, { connectionId, limit: 1 });
  if (!last) return null;
  const [sync, { source, destination }] = await Promise.all([
    getSync(context, workspaceId, last.id),
    getConnection(context, workspaceId, connectionId),
  ]);
  return { sync, ends: { source, destination } };
}
