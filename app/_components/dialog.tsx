'use client';

import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';
import { returnFocus } from './return-focus.ts';

interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  /** Said to screen readers with the title; shown as the first paragraph. */
  readonly description?: string;
  readonly wide?: boolean;
  readonly footer?: ReactNode;
  readonly children?: ReactNode;
}

export function Dialog({ open, onOpenChange, title, description, wide, footer, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="scrim" />
        <Radix.Content
          className={`overlay dialog ${wide ? 'wide' : ''}`}
          onCloseAutoFocus={returnFocus}
          {...(description ? {} : { 'aria-describedby': undefined })}
        >
          <div className="dialog-head">
            <Radix.Title asChild>
              <h2 className="grow">{title}</h2>
            </Radix.Title>
            <Radix.Close className="btn ghost icon" aria-label={`Close ${title}`}>
              <Icon name="close" />
            </Radix.Close>
          </div>
          <div className="body">
            {description && <Radix.Description className="muted">{description}</Radix.Description>}
            {children}
          </div>
          {footer && <footer>{footer}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
