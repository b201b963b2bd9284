import type { Metadata } from 'next';
import { getConnection } from '#lib/connections/connections.ts';
import { getOverviewRow } from '#lib/connections/overview.ts';
import { Panel, Table } from '../../../../_components/panel.tsx';
import { Page } from '../../../../_components/shell/page.tsx';
import { toWire } from '../../../../_components/wire.ts';
import { orNotFound } from '../../../../_server/or-not-found.ts';
import { pageContext } from '../../../../_server/page-context.ts';
import { ConnectionHead } from '../../_parts/connection-head.tsx';
import type { ConnectionModel } from '../../_parts/models.ts';

export const metadata: Metadata = { title: 'Streams' };

export default async function StreamsPage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const connection = toWire(await orNotFound(getConnection(context, workspaceId, id)));
  const row = toWire(await getOverviewRow(context, workspaceId, id));
  return (
    <Page
      crumbs={[
        { name: 'Connections', href: '/connections' },
        { name: connection.name, href: `/connections/${id}` },
        { name: 'Streams' },
      ]}
    >
      <ConnectionHead connection={connection} row={row} tab="streams" />
      <Panel>
        <Table
          className="cards"
          label="Streams"
          head={
            <>
              <th>Stream</th>
              <th>Reads</th>
              <th>Writes</th>
              <th>Cursor</th>
              <th>Key</th>
              <th className="r">Fields</th>
            </>
          }
        >
          {connection.streams.map((stream) => (
            <StreamRow key={`${stream.stream.namespace ?? ''}.${stream.stream.name}`} stream={stream} />
          ))}
        </Table>
      </Panel>
    </Page>
  );
}

const READS = { full_refresh: 'everything', incremental: 'what is new' };
const WRITES = {
  append: 'append',
  overwrite: 'replace all',
  append_dedup: 'merge by key',
  overwrite_dedup: 'replace all, one row per key',
};

function StreamRow({ stream: configured }: { stream: ConnectionModel['streams'][number] }) {
  const { stream, syncMode, destinationSyncMode, cursorField, primaryKey, selectedFields } = configured;
  const fields = Object.keys((stream.jsonSchema.properties as object | undefined) ?? {}).length;
  const some = selectedFields ? `${selectedFields.length} of ${fields}` : fields === 0 ? 'all' : `all ${fields}`;
  return (
    <tr>
      <td className="strong">{stream.name}</td>
      <td data-k="Reads">{READS[syncMode]}</td>
      <td data-k="Writes">{WRITES[destinationSyncMode]}</td>
      <td data-k="Cursor" className="mono">
        {syncMode === 'incremental' && cursorField.length > 0 ? cursorField.join('.') : '—'}
      </td>
      <td data-k="Key" className="mono">
        {primaryKey.map((path) => path.join('.')).join(', ') || '—'}
      </td>
      <td className="r num" data-k="Fields">
        {some}
      </td>
    </tr>
  );
}
