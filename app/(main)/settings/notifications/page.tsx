import type { Metadata } from 'next';
import { mayActAs } from '#lib/access/roles.ts';
import { getWorkspace } from '#lib/access/workspace.ts';
import { listChannels } from '#lib/alerts/channels.ts';
import { listRules, previewRoutes } from '#lib/alerts/rules.ts';
import { listConnections } from '#lib/connections/connections.ts';
import { listTags } from '#lib/connections/tags.ts';
import { toWire } from '../../../_components/wire.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { AutoDisableForm } from '../_parts/auto-disable-form.tsx';
import { ChannelsView } from '../_parts/channels-view.tsx';
import { RoutePreview } from '../_parts/route-preview.tsx';
import { RulesView } from '../_parts/rules-view.tsx';
import { SettingsPage } from '../_parts/settings-page.tsx';

export const metadata: Metadata = { title: 'Notifications' };

export default async function NotificationsPage() {
  const { context, identity, workspaceId } = await pageContext();
  const readOnly = !mayActAs(identity.role, 'admin');
  const [channels, rules, routes, connections, tags, workspace] = await Promise.all([
    listChannels(context, workspaceId),
    listRules(context, workspaceId),
    previewRoutes(context, workspaceId, null),
    listConnections(context, workspaceId),
    listTags(context, workspaceId),
    getWorkspace(context, workspaceId),
  ]);
  const named = connections.map(({ id, name }) => ({ id, name }));
  const owners = [...new Set(connections.flatMap(({ owner }) => owner ?? []))].toSorted();
  return (
    <SettingsPage tab="notifications" intro="Each channel hears once of what fails, and once of what recovers.">
      <ChannelsView channels={toWire(channels)} readOnly={readOnly} />
      <RulesView
        rules={toWire(rules)}
        choices={{ connections: named, tags: tags.map(({ name }) => name), owners, timeZone: workspace.timeZone }}
        readOnly={readOnly}
      />
      <RoutePreview routes={toWire(routes)} connections={named} />
      <AutoDisableForm settings={workspace.autoDisable} readOnly={readOnly} />
    </SettingsPage>
  );
}
