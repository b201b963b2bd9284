import type { ReactNode } from 'react';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { LinkTabs } from '../../../_components/tabs.tsx';

const TABS = [
  { id: 'workspace', label: 'Workspace', href: '/settings' },
  { id: 'notifications', label: 'Notifications', href: '/settings/notifications' },
  { id: 'people', label: 'People', href: '/settings/people' },
  { id: 'api-keys', label: 'API keys', href: '/settings/api-keys' },
  { id: 'network', label: 'Network', href: '/settings/network' },
  { id: 'audit', label: 'Audit log', href: '/settings/audit' },
  { id: 'account', label: 'Account', href: '/settings/account' },
] as const;

/** One of the settings' pages, with the tabs that lead to the others. */
export function SettingsPage({
  tab,
  intro,
  children,
}: {
  tab: (typeof TABS)[number]['id'];
  intro: string;
  children: ReactNode;
}) {
  const { label } = TABS.find(({ id }) => id === tab) ?? TABS[0];
  return (
    <Page crumbs={[{ name: 'Settings', href: '/settings' }, { name: label }]}>
      <PageHead title={label}>{intro}</PageHead>
      <LinkTabs label="Settings" current={tab} tabs={TABS} />
      <div className="settings stack">{children}</div>
    </Page>
  );
}
