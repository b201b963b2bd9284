'use client';

import { sendAuth } from '../api.ts';
import { initials } from '../format.ts';
import { Menu, MenuItem, MenuLine, MenuLink } from '../menu.tsx';
import { forgetTestValues } from '../test-values.ts';
import { useSay } from '../toast.tsx';
import { WorkspaceChoices } from './workspace-menu.tsx';

export function AccountMenu({ person }: { person: { readonly name: string; readonly email: string } }) {
  const say = useSay();
  const signOut = async () => {
    try {
      await sendAuth('/sign-out', {});
      forgetTestValues();
      // Loaded anew: nothing that this page knows is left to whoever signs in next.
      location.assign('/sign-in');
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
