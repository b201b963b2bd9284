'use client';

import { createContext, useContext } from 'react';
import type { OwnWorkspace } from '#lib/access/workspaces.ts';
import type { Theme } from '../theme.ts';

interface ShellValues {
  readonly person: { readonly name: string; readonly email: string };
  readonly theme: Theme;
  readonly workspaces: readonly OwnWorkspace[];
  openPalette(): void;
  openNewWorkspace(): void;
}

/** What the top bar of each page takes from the shell around it. */
export const ShellContext = createContext<ShellValues>({
  person: { name: '', email: '' },
  theme: 'system',
  workspaces: [],
  openPalette: () => {},
  openNewWorkspace: () => {},
});

export function useShell(): ShellValues {
  return useContext(ShellContext);
}
