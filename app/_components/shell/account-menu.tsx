'use client';

import { useRouter } from 'next/navigation';
import { sendAuth } from '../api.ts';
import { initials } from '../format.ts';
import { Menu, MenuItem, MenuLine, MenuLink } from '../menu.tsx';
import { useSay } from '../toast.tsx';
import { WorkspaceChoices } from './workspace-menu.tsx';

export function AccountMenu({ person }: { person: { readonly name: string; readonly email: string } }) {
  const router = useRouter();
  const say = useSay();
  const signOut = async () => {
    try {
      await sendAuth('/sign-out', {});
      router.push('/sign-in');
      router.refresh();
    } catch (error) {
      say.failed(error);
    }
  };
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="av-btn"
          aria-label={`${initials(person.name || person.email)}, account of ${person.name}`}
        >
          <span className="av" aria-hidden="true">
            {initials(person.name || person.email)}
          </span>
        </button>
      }
    >
      <div className="menu-label">
        <b className="strong">{person.name}</b>
        <br />
        {person.email}
      </div>
      <MenuLine />
      <WorkspaceChoices />
      <MenuLine />
      <MenuLink href="/settings/account">Account</MenuLink>
      <MenuLink href="/settings/api-keys">API keys</MenuLink>
      <MenuLine />
      <MenuItem onSelect={signOut}>Sign out</MenuItem>
    </Menu>
  );
}
