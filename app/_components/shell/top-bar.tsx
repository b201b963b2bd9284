'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { Icon } from '../icon.tsx';
import { AccountMenu } from './account-menu.tsx';
import { useShell } from './shell-context.ts';
import { ThemeSwitch } from './theme-switch.tsx';

export interface Crumb {
  readonly name: string;
  readonly href?: string;
}

export function TopBar({ crumbs, live }: { crumbs: readonly Crumb[]; live?: ReactNode }) {
  const { openPalette, person, theme } = useShell();
  return (
    <header className="top">
      <nav className="crumbs" aria-label="Where you are">
        {crumbs.map((crumb, index) => (
          <CrumbMark key={crumb.name} crumb={crumb} last={index === crumbs.length - 1} />
        ))}
      </nav>
      <span className="grow" />
      {live}
      <button type="button" className="find" onClick={openPalette} aria-label="Search or run ⌘K">
        <Icon name="search" />
        <span>Search or run</span>
        <kbd>⌘K</kbd>
      </button>
      <ThemeSwitch theme={theme} />
      <AccountMenu person={person} />
    </header>
  );
}

function CrumbMark({ crumb, last }: { crumb: Crumb; last: boolean }) {
  if (last) return <b className="clip">{crumb.name}</b>;
  return (
    <>
      {crumb.href ? <Link href={crumb.href}>{crumb.name}</Link> : <span>{crumb.name}</span>}
      <Icon name="chevron" />
    </>
  );
}
