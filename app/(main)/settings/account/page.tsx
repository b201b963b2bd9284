import type { Metadata } from 'next';
import { listSessions } from '#lib/access/sessions.ts';
import { Fact, Facts, Panel, PanelBody } from '../../../_components/panel.tsx';
import { toWire } from '../../../_components/wire.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { PasswordForm } from '../_parts/password-form.tsx';
import { SessionsView } from '../_parts/sessions-view.tsx';
import { SettingsPage } from '../_parts/settings-page.tsx';

export const metadata: Metadata = { title: 'Account' };

const ROLES = { admin: 'Administrator', editor: 'Editor', viewer: 'Viewer' };

export default async function AccountPage() {
  const { context, identity } = await pageContext();
  const sessions = await listSessions(context, identity);
  return (
    <SettingsPage tab="account" intro="Who you are here.">
      <Panel title="You" className="narrow-panel">
        <PanelBody>
          <Facts>
            <Fact name="Name">{identity.name}</Fact>
            <Fact name="Email">{identity.email}</Fact>
            <Fact name="Role">{ROLES[identity.role]}</Fact>
          </Facts>
        </PanelBody>
      </Panel>
      <Panel title="Change the password" className="narrow-panel">
        <PanelBody>
          <PasswordForm email={identity.email} />
        </PanelBody>
      </Panel>
      <SessionsView sessions={toWire(sessions)} />
    </SettingsPage>
  );
}
