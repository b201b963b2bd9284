import type { Metadata } from 'next';
import { mayActAs } from '#lib/access/roles.ts';
import { getWorkspace } from '#lib/access/workspace.ts';
import { listConnections } from '#lib/connections/connections.ts';
import { toWire } from '../../_components/wire.ts';
import { pageContext } from '../../_server/page-context.ts';
import { DeleteWorkspace } from './_parts/delete-workspace.tsx';
import { DemoPanel } from './_parts/demo-panel.tsx';
import { RetentionForm } from './_parts/retention-form.tsx';
import { SettingsPage } from './_parts/settings-page.tsx';
import { WorkspaceForm } from './_parts/workspace-form.tsx';

export const metadata: Metadata = { title: 'Settings' };

export default async function WorkspacePage() {
  const { context, identity, workspaceId } = await pageContext();
  const [workspace, connections] = await Promise.all([
    getWorkspace(context, workspaceId),
    listConnections(context, workspaceId),
  ]);
  const admin = mayActAs(identity.role, 'admin');
  return (
    <SettingsPage
      tab="workspace"
      intro="Its name, where tables go by default, and the time zone that its times are read in."
    >
      <WorkspaceForm workspace={toWire(workspace)} timeZones={Intl.supportedValuesOf('timeZone')} readOnly={!admin} />
      <RetentionForm retention={workspace.retention} readOnly={!admin} />
      {admin && <DemoPanel connections={connections.length} />}
      {admin && <DeleteWorkspace id={workspaceId} name={workspace.name} />}
    </SettingsPage>
  );
}
