import type { Metadata } from 'next';
import Link from 'next/link';
import { getConnection } from '#lib/connections/connections.ts';
import { getOverviewRow } from '#lib/connections/overview.ts';
import { type TableNames, tableNames } from '#lib/connections/schema-changes.ts';
import { Panel, Table } from '../../../../_components/panel.tsx';
import { Page } from '../../../../_components/shell/page.tsx';
import { toWire } from '../../../../_components/wire.ts';
import { orNotFound } from '../../../../_server/or-not-found.ts';
import { pageContext } from '../../../../_server/page-context.ts';
import { ConnectionHead } from '../../_parts/connection-head.tsx';
import type { ConnectionModel } from '../../_parts/models.ts';
import { StreamMenu } from './stream-menu.tsx';

export const metadata: Metadata = { title: 'Streams' };

export default async function StreamsPage({ params }: { params: Promise<{ id: string }> }) {
  const { context, workspaceId } = await pageContext();
  const { id } = await params;
  const connection = toWire(await orNotFound(getConnection(context, workspaceId, id)));
  const row = toWire(await getOverviewRow(context, workspaceId, id));
  const names = await tableNames(context, workspaceId, id);
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
              <th>Table</th>
              <th>Reads</th>
              <th>Writes</th>
              <th>Cursor</th>
              <th>Key</th>
              <th className="r">Fields</th>
              <th>
                <span className="vh">Actions</span>
              </th>
            </>
          }
        >
          {connection.streams.map((stream) => (
            <StreamRow
              key={`${stream.stream.namespace ?? ''}.${stream.stream.name}`}
              connection={connection}
              stream={stream}
              names={names.find(
                ({ name, namespace }) => name === stream.stream.name && namespace === (stream.stream.namespace ?? ''),
              )}
            />
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

/** Where the stream lands, and which columns are not called like their fields. */
function Names({ names }: { names: TableNames | undefined }) {
  if (!names) return <>—</>;
  const mapped = Object.entries(names.columns);
  return (
    <>
      <span className="mono">{names.table}</span>
      {Object.entries(names.tables ?? {}).map(([wanted, table]) => (
        <span key={wanted} className="sub mono">
          {wanted} → {table}
        </span>
      ))}
      {mapped.length > 0 && (
        <details className="small">
          <summary>{mapped.length === 1 ? '1 column' : `${mapped.length} columns`} renamed to fit</summary>
          {mapped.map(([field, column]) => (
            <div key={field} className="mono">
              {field} → {column}
            </div>
          ))}
        </details>
      )}
    </>
  );
}

/** As the panel of rows names a stream in the address. */
function rowsKey({ namespace, name }: { namespace?: string; name: string }): string {
  return encodeURIComponent(namespace ? `${namespace}.${name}` : name);
}

function StreamRow({
  connection,
  stream: configured,
  names,
}: {
  connection: ConnectionModel;
  stream: ConnectionModel['streams'][number];
  names: TableNames | undefined;
}) {
  const { stream, syncMode, destinationSyncMode, cursorField, primaryKey, selectedFields } = configured;
  const fields = Object.keys((stream.jsonSchema.properties as object | undefined) ?? {}).length;
  const some = selectedFields ? `${selectedFields.length} of ${fields}` : fields === 0 ? 'all' : `all ${fields}`;
  return (
    <tr>
      <td className="strong">{stream.name}</td>
      <td data-k="Table">
        <Names names={names} />
        {names && (
          <span className="sub">
            <Link className="link" href={`/connections/${connection.id}?rows=${rowsKey(stream)}#rows`}>
              First rows
            </Link>
          </span>
        )}
      </td>
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
      <td className="r">
        <StreamMenu
          connection={{ id: connection.id, name: connection.name, destination: connection.destination }}
          configured={configured}
          table={names?.table ?? `${connection.prefix}${stream.name}`}
        />
      </td>
    </tr>
  );
}
