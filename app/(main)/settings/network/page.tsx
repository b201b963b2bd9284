import type { Metadata } from 'next';
import { allowedHosts } from '#lib/access/allowed-hosts.ts';
import { mayActAs } from '#lib/access/roles.ts';
import { toWire } from '../../../_components/wire.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { HostsView } from '../_parts/hosts-view.tsx';
import { SettingsPage } from '../_parts/settings-page.tsx';

export const metadata: Metadata = { title: 'Network' };

export default async function NetworkPage() {
  const { context, identity, workspaceId } = await pageContext();
  return (
    <SettingsPage
      tab="network"
      intro="Syncs reach public addresses. Private ones, such as this machine or your own network, only where an administrator allowed that exact host and port."
    >
      <HostsView
        hosts={toWire(await allowedHosts(context, workspaceId))}
        readOnly={!mayActAs(identity.role, 'admin')}
      />
    </SettingsPage>
  );
}
