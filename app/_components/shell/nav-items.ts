import type { IconName } from '../icon.tsx';

export interface NavItem {
  readonly name: string;
  readonly href: string;
  readonly icon: IconName;
  /** Second key of `G …`. */
  readonly key: string;
  /** Other addresses of the same place. */
  readonly also?: string;
}

export const NAV: readonly NavItem[] = [
  { name: 'Overview', href: '/', icon: 'overview', key: 'o', also: '/pipelines' },
  { name: 'Connectors', href: '/connectors', icon: 'connectors', key: 'c', also: '/sources' },
  { name: 'Connections', href: '/connections', icon: 'connections', key: 'n' },
  { name: 'Destinations', href: '/destinations', icon: 'destinations', key: 'd' },
  { name: 'Quality', href: '/quality', icon: 'quality', key: 'q' },
  { name: 'Incidents', href: '/incidents', icon: 'incidents', key: 'i' },
  { name: 'Jobs', href: '/jobs', icon: 'jobs', key: 'j' },
  { name: 'Settings', href: '/settings', icon: 'settings', key: 's' },
];

/** Whether a path lies under an item. The overview owns only its own address and its other view. */
export function isCurrent(item: NavItem, path: string): boolean {
  const lies = (under: string) => path === under || path.startsWith(`${under}/`);
  const isHere = item.href === '/' ? path === '/' : lies(item.href);
  return isHere || (item.also !== undefined && lies(item.also));
}
