import type { Metadata } from 'next';
import { mayActAs } from '#lib/access/roles.ts';
import { listChannels } from '#lib/alerts/channels.ts';
import { toWire } from '../../../_components/wire.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { ChannelsView } from '../_parts/channels-view.tsx';
import { SettingsPage } from '../_parts/settings-page.tsx';

export const metadata: Metadata = { title: 'Notifications' };

export default async function NotificationsPage() {
  const { context, identity, workspaceId } = await pageContext();
  const channels = await listChannels(context, workspaceId);
  return (
    <SettingsPage tab="notifications" intro="Each channel hears once of what fails, and once of what recovers.">
      <ChannelsView channels={toWire(channels)} readOnly={!mayActAs(identity.role, 'admin')} />
    </SettingsPage>
  );
}
