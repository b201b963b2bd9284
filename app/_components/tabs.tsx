'use client';

import Link from 'next/link';
import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly count?: number | string | undefined;
}

/** Tabs that are pages, so each has an address. */
export function LinkTabs({
  label,
  current,
  tabs,
}: {
  label: string;
  current: string;
  tabs: readonly (Tab & { href: string })[];
}) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.id} href={tab.href} {...(tab.id === current && { 'aria-current': 'page', ref: scrollThere })}>
          <TabWords {...tab} />
        </Link>
      ))}
    </nav>
  );
}

/** On a phone not all of them fit: the one that is open is seen, with what stands before it. */
function scrollThere(tab: HTMLAnchorElement | null): void {
  const list = tab?.parentElement;
  if (list) list.scrollLeft = tab.offsetLeft - list.offsetLeft - list.clientWidth / 3;
}

/** Tabs inside a panel. Give `value` and `onChange` from nuqs to keep the choice in the address. */
export function PanelTabs({
  tabs,
  value,
  onChange,
  label,
  children,
}: {
  tabs: readonly Tab[];
  value: string;
  onChange: (value: string) => void;
  label: string;
  children: ReactNode;
}) {
  return (
    <Radix.Root value={value} onValueChange={onChange}>
      <Radix.List className="tabs" aria-label={label}>
        {tabs.map((tab) => (
          <Radix.Trigger key={tab.id} value={tab.id}>
            <TabWords {...tab} />
          </Radix.Trigger>
        ))}
      </Radix.List>
      {children}
    </Radix.Root>
  );
}

export const TabPanel = Radix.Content;

function TabWords({ label, count }: Tab) {
  return (
    <>
      {label}
      {count !== undefined && <span className="n">{count}</span>}
    </>
  );
}
