'use client';

import type { ReactNode } from 'react';
import { useHydrated } from './use-hydrated.ts';

/** Fields and buttons that take nothing until the page listens to them: what somebody chose before would be shown, and lost. */
export function WhenReady({ children }: { children: ReactNode }) {
  return (
    <fieldset className="when-ready" disabled={!useHydrated()}>
      {children}
    </fieldset>
  );
}
