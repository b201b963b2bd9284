import type { Metadata } from 'next';
import { mayActAs } from '#lib/access/roles.ts';
import { listChannels } from '#lib/alerts/channels.ts';
import { getConnection, listConnections } from '#lib/connections/connections.ts';
import { getOverviewRow } from '#lib/connections/overview.ts';
import { getAutomation } from '#lib/pipelines/automation.ts';
import { listCommandRuns } from '#lib/pipelines/command-runs.ts';
import { listReports } from '#lib/pipelines/reports.ts';
import { listTriggers } from '#lib/sync/triggers.ts';
import { Page } from '../../../../_components/shell/page.tsx';
import { toWire } from '../../../../_components/wire.ts';
import { orNotFound } from '../../../../_server/or-not-found.ts';
import { pageContext } from '../../../../_server/page-context.ts';
import { ConnectionHead } from '../../_parts/connection-head.tsx';
import { AutomationForm } from './automation-form.tsx';
import { offeredCommands } from './offered-commands.ts';
import { ReportsPanel } from './reports-panel.tsx';
import { RunsPanel } from './runs-panel.tsx';
import { TriggersPanel } from './triggers-panel.tsx';

export const metadata: Metadata = { title: 'Automation' };

export default async function AutomationPage({ params }: { params: Promise<{ id: string }> }) {
  const { context, identity, workspaceId } = await pageContext();
  const { id } = await params;
  const connection = toWire(await orNotFound(getConnection(context, workspaceId, id)));
  const [row, automation, triggers, runs, reports, connections, channels] = await Promise.all([
    getOverviewRow(context, workspaceId, id),
    getAutomation(context, workspaceId, id),
    listTriggers(context, workspaceId, id),
    listCommandRuns(context, workspaceId, { connectionId: id }),
    listReports(context, workspaceId, id),
    listConnections(context, workspaceId),
    listChannels(context, workspaceId),
  ]);
  const readOnly = !mayActAs(identity.role, 'editor');
  const others = connections.filter((other) => other.id !== id).map(({ id: of, name }) => ({ id: of, name }));
  return (
    <Page
      crumbs={[
        { name: 'Connections', href: '/connections' },
        { name: connection.name, href: `/connections/${id}` },
        { name: 'Automation' },
      ]}
    >
      <ConnectionHead connection={connection} row={toWire(row)} tab="automation" />
      <div className="cols c-21">
        <div className="stack">
          <AutomationForm
            id={id}
            automation={automation}
            connections={others}
            channels={channels.map(({ id: of, name }) => ({ id: of, name }))}
            offered={offeredCommands(context.env)}
            readOnly={readOnly}
          />
          <RunsPanel id={id} runs={toWire(runs)} readOnly={readOnly} />
          <ReportsPanel reports={toWire(reports)} />
        </div>
        <div className="stack">
          <TriggersPanel id={id} triggers={toWire(triggers)} readOnly={readOnly} />
        </div>
      </div>
    </Page>
  );
}
