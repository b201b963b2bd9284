'use client';

import Link from 'next/link';
import { plural } from '../format.ts';
import { Icon, Logo } from '../icon.tsx';
import { LinkProgress } from './link-progress.tsx';
import { isCurrent, NAV } from './nav-items.ts';
import { type Pulse, usePulse } from './pulse.ts';
import { WorkspaceMenu } from './workspace-menu.tsx';

interface SideNavProps {
  readonly path: string;
  readonly version: string;
}

export function SideNav({ path, version }: SideNavProps) {
  const pulse = usePulse();
  return (
    <nav className="side" aria-label="Main">
      <div className="brand">
        <Link href="/" title="Overview">
          <Logo />
          <span className="t">Weir</span>
        </Link>
        <WorkspaceMenu />
      </div>
      {NAV.map((item) => (
        <Link
          key={item.href}
          className="nav"
          href={item.href}
          title={item.name}
          aria-current={isCurrent(item, path) ? 'page' : undefined}
        >
          <LinkProgress />
          <Icon name={item.icon} />
          <span className="t">{item.name}</span>
          {item.href === '/incidents' && <OpenCount count={pulse?.openIncidents ?? 0} />}
        </Link>
      ))}
      <div className="foot">
        <WorkersLine pulse={pulse} />
        <span>Weir {version}</span>
      </div>
    </nav>
  );
}

/** More than 99 shows as 99+. */
export function OpenCount({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <span className="n">
      {count > 99 ? '99+' : count}
      <span className="vh"> open</span>
    </span>
  );
}

function WorkersLine({ pulse }: { pulse: Pulse | null }) {
  if (!pulse) return null;
  const { workers, running } = pulse;
  if (workers === 0) return <span className="live stale">no worker runs</span>;
  const work = running === 0 ? 'idle' : `${plural(running, 'sync')} running`;
  return (
    <span className="live">
      {plural(workers, 'worker')}, {work}
    </span>
  );
}
