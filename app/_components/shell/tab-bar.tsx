'use client';

import Link from 'next/link';
import { Icon } from '../icon.tsx';
import { LinkProgress } from './link-progress.tsx';
import { isCurrent, NAV } from './nav-items.ts';
import { usePulse } from './pulse.ts';
import { useShell } from './shell-context.ts';

const SHOWN = ['/', '/connections', '/quality', '/incidents'];

/** Navigation under 760 px. More opens the palette, which lists every page. */
export function TabBar({ path }: { path: string }) {
  const { openPalette } = useShell();
  const open = usePulse()?.openIncidents ?? 0;
  return (
    <nav className="tabbar" aria-label="Main, small">
      {NAV.filter((item) => SHOWN.includes(item.href)).map((item) => (
        <Link key={item.href} href={item.href} aria-current={isCurrent(item, path) ? 'page' : undefined}>
          <LinkProgress />
          <Icon name={item.icon} />
          <span>
            {item.name}
            {item.href === '/incidents' && open > 0 ? ` ${open > 99 ? '99+' : open}` : ''}
          </span>
        </Link>
      ))}
      <button type="button" onClick={openPalette}>
        <Icon name="menu" />
        <span>More</span>
      </button>
    </nav>
  );
}
