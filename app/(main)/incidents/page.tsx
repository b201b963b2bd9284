import type { Metadata } from 'next';
import { listIncidents } from '#lib/alerts/incidents.ts';
import { toWire } from '../../_components/wire.ts';
import { pageContext } from '../../_server/page-context.ts';
import { IncidentsView } from './incidents-view.tsx';

export const metadata: Metadata = { title: 'Incidents' };

export default async function IncidentsPage() {
  const { context, workspaceId } = await pageContext();
  return <IncidentsView incidents={toWire(await listIncidents(context, workspaceId))} />;
}
