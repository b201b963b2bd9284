import type { Metadata } from 'next';
import { listAudit } from '#lib/access/audit.ts';
import { mayActAs } from '#lib/access/roles.ts';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Empty } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { toWire } from '../../../_components/wire.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { SettingsPage } from '../_parts/settings-page.tsx';

export const metadata: Metadata = { title: 'Audit log' };

export default async function AuditPage({ searchParams }: { searchParams: Promise<{ before?: string }> }) {
  const { context, identity, workspaceId } = await pageContext();
  const intro = 'Who did what, when and from where. Nothing here can be changed.';
  if (!mayActAs(identity.role, 'admin'))
    return (
      <SettingsPage tab="audit" intro={intro}>
        <Empty>Administrators see the audit log.</Empty>
      </SettingsPage>
    );
  const before = Number((await searchParams).before);
  const entries = toWire(await listAudit(context, workspaceId, Number.isSafeInteger(before) ? { before } : {}));
  const oldest = entries.at(-1)?.id;
  return (
    <SettingsPage tab="audit" intro={intro}>
      <Panel
        title="Entries"
        side={
          <a className="btn" href="/api/weir/v1/audit.csv" download>
            Export as CSV
          </a>
        }
      >
        <Table className="cards" label="Audit log" head={<Head />}>
          {entries.map(({ id, at, actor, action, subject, detail }) => (
            <tr key={id}>
              <td>
                <TimeAgo at={at} />
              </td>
              <td data-k="Who">{actor}</td>
              <td data-k="What">{action}</td>
              <td data-k="On">{subject}</td>
              <td data-k="From">{typeof detail.from === 'string' ? detail.from : ''}</td>
            </tr>
          ))}
        </Table>
      </Panel>
      {oldest !== undefined && (
        <a className="link" href={`/settings/audit?before=${oldest}`}>
          Older entries
        </a>
      )}
    </SettingsPage>
  );
}

function Head() {
  return (
    <>
      <th>When</th>
      <th>Who</th>
      <th>What</th>
      <th>On</th>
      <th>From</th>
    </>
  );
}
