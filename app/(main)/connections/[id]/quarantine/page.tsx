import type { Metadata } from 'next';
import { getConnection } from '#lib/connections/connections.ts';
import { getOverviewRow } from '#lib/connections/overview.ts';
import { Page } from '../../../../_components/shell/page.tsx';
import { toWire } from '../../../../_components/wire.ts';
import { orNotFound } from '../../../../_server/or-not-found.ts';
import { pageContext } from '../../../../_server/page-context.ts';
import { ConnectionHead } from '../../_parts/connection-head.tsx';
import { QuarantineView } from './quarantine-view.tsx';

export const metadata: Metadata = { title: 'Quarantine' };

export default async function QuarantinePage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const connection = toWire(await orNotFound(getConnection(context, workspaceId, id)));
  const row = toWire(await getOverviewRow(context, workspaceId, id));
  return (
    <Page
      crumbs={[
        { name: 'Connections', href: '/connections' },
        { name: connection.name, href: `/connections/${id}` },
        { name: 'Quarantine' },
      ]}
    >
      <ConnectionHead connection={connection} row={row} tab="quarantine" />
      <QuarantineView id={id} name={connection.name} destination={connection.destination.type} />
    </Page>
  );
}
