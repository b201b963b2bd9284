'use client';

import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** One `primary` per screen. */
  readonly kind?: 'plain' | 'primary' | 'danger' | 'ghost';
  readonly size?: 's' | 'm' | 'lg';
  readonly icon?: IconName;
  readonly busy?: boolean;
  readonly children?: ReactNode;
}

/** A verb and its object. While `busy` it stays focusable and ignores clicks. */
export function Button({ kind = 'plain', size = 'm', icon, busy, children, className = '', ...rest }: ButtonProps) {
  const classes = ['btn', kind !== 'plain' && kind, size !== 'm' && size, !children && 'icon', className];
  const onClick: ButtonProps['onClick'] = busy ? (event) => event.preventDefault() : rest.onClick;
  return (
    <button
      type="button"
      {...rest}
      onClick={onClick}
      aria-disabled={busy || rest['aria-disabled']}
      className={classes.filter(Boolean).join(' ')}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
