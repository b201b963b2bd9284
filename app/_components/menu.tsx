'use client';

import Link from 'next/link';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

/** A menu under `trigger`, which must be a button with a name (`Actions for shop_orders`). */
export function Menu({
  trigger,
  children,
  align = 'end',
  ...opened
}: {
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end';
  /** With `onOpenChange`: for a menu that a key opens too. */
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}) {
  return (
    // What lies behind stays readable: it would be hidden from screen readers with its focusable parts still in it.
    <DropdownMenu.Root modal={false} {...opened}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        {/* A landmark of its own: at the end of the body, the menu lies in none of the page's. */}
        <section aria-label="Menu">
          <DropdownMenu.Content className="overlay menu" align={align} sideOffset={4} collisionPadding={8}>
            {children}
          </DropdownMenu.Content>
        </section>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface ItemProps {
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}

export function MenuItem({ icon, danger = false, disabled = false, onSelect, children }: ItemProps) {
  return (
    <DropdownMenu.Item className={danger ? 'danger' : ''} disabled={disabled} onSelect={onSelect}>
      {icon && <Icon name={icon} />}
      {children}
    </DropdownMenu.Item>
  );
}

export function MenuLink({ href, icon, children }: { href: string; icon?: IconName; children: ReactNode }) {
  return (
    <DropdownMenu.Item asChild>
      <Link href={href}>
        {icon && <Icon name={icon} />}
        {children}
      </Link>
    </DropdownMenu.Item>
  );
}

/** One of several: the chosen one carries a check. */
export function MenuChoices({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: string;
  choices: readonly (readonly [value: string, word: string])[];
  onChange: (value: string) => void;
}) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={onChange}>
      <DropdownMenu.Label className="menu-label">{label}</DropdownMenu.Label>
      {choices.map(([choice, word]) => (
        <DropdownMenu.RadioItem key={choice} value={choice}>
          {word}
          <span className="grow" />
          <DropdownMenu.ItemIndicator>
            <Icon name="check" />
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

export function MenuLine() {
  return <DropdownMenu.Separator asChild>{<hr />}</DropdownMenu.Separator>;
}
