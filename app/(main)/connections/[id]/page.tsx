import type { Metadata } from 'next';
import { getConnection } from '#lib/connections/connections.ts';
import { getOverviewRow } from '#lib/connections/overview.ts';
import { getSync, listSyncs } from '#lib/sync/syncs.ts';
import { toWire } from '../../../_components/wire.ts';
import { orNotFound } from '../../../_server/or-not-found.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { ConnectionView } from '../_parts/connection-view.tsx';

type Params = { params: Promise<{ id: string }>; searchParams: Promise<{ sync?: string }> };

const SYNCS_SHOWN = 20;

export const metadata: Metadata = { title: 'Connection' };

export default async function ConnectionPage({ params, searchParams }: Params) {
  const { context, workspaceId } = await pageContext();
  const [{ id }, { sync }] = await Promise.all([params, searchParams]);
  const connection = await orNotFound(getConnection(context, workspaceId, id));
  const [row, syncs] = await Promise.all([
    getOverviewRow(context, workspaceId, id),
    listSyncs(context, workspaceId, { connectionId: id, limit: SYNCS_SHOWN }),
  ]);
  const chosen = Number(sync ?? syncs[0]?.id);
  const detail = Number.isSafeInteger(chosen) ? await orNotFound(getSync(context, workspaceId, chosen)) : null;
  return (
    <ConnectionView connection={toWire(connection)} row={toWire(row)} syncs={toWire(syncs)} sync={toWire(detail)} />
  );
}
