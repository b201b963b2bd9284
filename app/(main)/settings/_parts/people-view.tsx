'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Invitation as InvitationModel } from '#lib/access/invitations.ts';
import type { Member } from '#lib/access/members.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Confirm } from '../../../_components/confirm.tsx';
import { Menu, MenuItem, MenuLine } from '../../../_components/menu.tsx';
import { Empty } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { ShownOnce } from '../../../_components/shown-once.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { InviteDialog, ROLES } from './invite-dialog.tsx';
import { joinLink } from './join-link.ts';

type Invitation = Wire<InvitationModel>;

interface Props {
  readonly members: Member[];
  readonly invitations: Invitation[];
  /** Who looks. */
  readonly me: string | null;
}

/** The members with their roles, and the links that still let somebody in. */
export function PeopleView({ members: initial, invitations: initialInvitations, me }: Props) {
  const [inviting, setInviting] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const { data: members } = useQuery({
    queryKey: ['members'],
    queryFn: () => api.get<Member[]>('/members'),
    initialData: initial,
  });
  const { data: invitations } = useQuery({
    queryKey: ['invitations'],
    queryFn: () => api.get<Invitation[]>('/invitations'),
    initialData: initialInvitations,
  });
  const add = (
    <Button kind="primary" icon="plus" onClick={() => setInviting(true)}>
      Invite somebody
    </Button>
  );
  return (
    <>
      <Panel title="Members" side={add}>
        <Table className="cards" label="Members" head={<Head names={['Member', 'Role']} />}>
          {members.map((member) => (
            <MemberRow key={member.userId} member={member} isMe={member.userId === me} onLink={setLink} />
          ))}
        </Table>
      </Panel>
      <Panel title="Open links">
        {invitations.length === 0 ? (
          <Empty>No link is open. Invite somebody, or reset a member’s password.</Empty>
        ) : (
          <Table className="cards" label="Open links" head={<Head names={['For', 'To', 'Expires']} />}>
            {invitations.map((invitation) => (
              <InvitationRow key={invitation.id} invitation={invitation} />
            ))}
          </Table>
        )}
      </Panel>
      {inviting && <InviteDialog onClose={() => setInviting(false)} onMade={setLink} />}
      {link !== null && (
        <ShownOnce title="The link" values={[['Link to send', link]]} onClose={() => setLink(null)}>
          Weir keeps only a hash of it. Send it to the person by a way that you trust: whoever opens it comes in.
        </ShownOnce>
      )}
    </>
  );
}

function Head({ names }: { names: readonly string[] }) {
  return (
    <>
      {names.map((name) => (
        <th key={name}>{name}</th>
      ))}
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

function MemberRow({ member, isMe, onLink }: { member: Member; isMe: boolean; onLink: (link: string) => void }) {
  const { userId, name, email, role } = member;
  const [removing, setRemoving] = useState(false);
  const say = useSay();
  const queries = useQueryClient();
  const act = async (work: () => Promise<unknown>, done: string | null) => {
    try {
      await work();
      if (done) say.done(done);
    } catch (error) {
      say.failed(error);
    }
    await queries.invalidateQueries({ queryKey: ['members'] });
    await queries.invalidateQueries({ queryKey: ['invitations'] });
  };
  const reset = async () => {
    const { token } = await api.post<{ token: string }>(`/members/${userId}/password-reset`);
    onLink(joinLink(token));
  };
  const signOut = () => api.delete(`/members/${userId}/sessions`);
  return (
    <tr>
      <td>
        <span className="strong">{name}</span>
        <span className="sub">{isMe ? `${email}, you` : email}</span>
      </td>
      <td data-k="Role" className="wide">
        <select
          className="input"
          aria-label={`Role of ${name}`}
          value={role}
          onChange={({ target }) =>
            act(() => api.patch(`/members/${userId}`, { role: target.value }), `${name} is ${target.value} now.`)
          }
        >
          {ROLES.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </td>
      <td className="r wide">
        <Menu trigger={<Button kind="ghost" size="s" icon="more" aria-label={`Actions for ${name}`} />}>
          <MenuItem onSelect={() => act(reset, null)}>Reset the password…</MenuItem>
          <MenuItem onSelect={() => act(signOut, `${name} is signed out everywhere.`)}>Sign out everywhere</MenuItem>
          <MenuLine />
          <MenuItem danger onSelect={() => setRemoving(true)}>
            Remove…
          </MenuItem>
        </Menu>
        <Confirm
          open={removing}
          onOpenChange={setRemoving}
          title={`Remove ${name}`}
          description="They are signed out at once. API keys that they made go on until somebody deletes them."
          verb="Remove member"
          onConfirm={() => act(() => api.delete(`/members/${userId}`), `${name} is removed.`)}
        />
      </td>
    </tr>
  );
}

function InvitationRow({ invitation: { id, kind, email, role, expiresAt } }: { invitation: Invitation }) {
  const say = useSay();
  const queries = useQueryClient();
  const takeBack = async () => {
    await api.delete(`/invitations/${id}`).catch(say.failed);
    await queries.invalidateQueries({ queryKey: ['invitations'] });
  };
  return (
    <tr>
      <td>{email}</td>
      <td data-k="To">{kind === 'invite' ? `join as ${role}` : 'set a new password'}</td>
      <td data-k="Expires">
        <TimeAgo at={expiresAt} />
      </td>
      <td className="r wide">
        <Button size="s" onClick={takeBack}>
          Take back
        </Button>
      </td>
    </tr>
  );
}
