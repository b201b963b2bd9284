import type { Metadata } from 'next';
import { getConnection } from '#lib/connections/connections.ts';
import { getOverviewRow } from '#lib/connections/overview.ts';
import { schemaChanges } from '#lib/connections/schema-changes.ts';
import { schemaDiff, schemaHistory } from '#lib/connections/schema-history.ts';
import { Page } from '../../../../_components/shell/page.tsx';
import { toWire } from '../../../../_components/wire.ts';
import { orNotFound } from '../../../../_server/or-not-found.ts';
import { pageContext } from '../../../../_server/page-context.ts';
import { ConnectionHead } from '../../_parts/connection-head.tsx';
import { SchemaView } from './schema-view.tsx';

export const metadata: Metadata = { title: 'Schema' };

type Params = { params: Promise<{ id: string }>; searchParams: Promise<{ version?: string; before?: string }> };

export default async function SchemaPage({ params, searchParams }: Params) {
  const { context, workspaceId } = await pageContext();
  const [{ id }, { version, before }] = await Promise.all([params, searchParams]);
  const connection = toWire(await orNotFound(getConnection(context, workspaceId, id)));
  const [row, history, changes] = await Promise.all([
    getOverviewRow(context, workspaceId, id),
    schemaHistory(context, workspaceId, id),
    schemaChanges(context, workspaceId, id),
  ]);
  const newest = history.find(({ isFirst }) => !isFirst) ?? history[0];
  const asked = { id: Number(version ?? newest?.id), beforeId: before ? Number(before) : undefined };
  const diff = newest ? await orNotFound(schemaDiff(context, workspaceId, id, asked)) : null;
  return (
    <Page
      crumbs={[
        { name: 'Connections', href: '/connections' },
        { name: connection.name, href: `/connections/${id}` },
        { name: 'Schema' },
      ]}
    >
      <ConnectionHead connection={connection} row={toWire(row)} tab="schema" />
      <SchemaView diff={toWire(diff)} history={toWire(history)} changes={toWire(changes)} />
    </Page>
  );
}
