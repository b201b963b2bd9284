import type { Metadata } from 'next';
import { listInvitations } from '#lib/access/invitations.ts';
import { listMembers } from '#lib/access/members.ts';
import { mayActAs } from '#lib/access/roles.ts';
import { Empty } from '../../../_components/notice.tsx';
import { toWire } from '../../../_components/wire.ts';
import { pageContext } from '../../../_server/page-context.ts';
import { PeopleView } from '../_parts/people-view.tsx';
import { SettingsPage } from '../_parts/settings-page.tsx';

export const metadata: Metadata = { title: 'People' };

export default async function PeoplePage() {
  const { context, identity, workspaceId } = await pageContext();
  const intro = 'Who may come in, and what they may do here.';
  if (!mayActAs(identity.role, 'admin'))
    return (
      <SettingsPage tab="people" intro={intro}>
        <Empty>Administrators see who may come in.</Empty>
      </SettingsPage>
    );
  const [members, invitations] = await Promise.all([
    listMembers(context, workspaceId),
    listInvitations(context, workspaceId),
  ]);
  return (
    <SettingsPage tab="people" intro={intro}>
      <PeopleView members={toWire(members)} invitations={toWire(invitations)} me={identity.userId} />
    </SettingsPage>
  );
}
