'use client';

import { createContext, useContext } from 'react';
import type { Theme } from '../theme.ts';

interface ShellValues {
  readonly person: { readonly name: string; readonly email: string };
  readonly theme: Theme;
  openPalette(): void;
}

/** What the top bar of each page takes from the shell around it. */
export const ShellContext = createContext<ShellValues>({
  person: { name: '', email: '' },
  theme: 'system',
  openPalette: () => {},
});

export function useShell(): ShellValues {
  return useContext(ShellContext);
}
