'use client';

import { useEffect, useSyncExternalStore } from 'react';
import type { IconName } from '../icon.tsx';

/** Something that the open page can do, for the command palette. */
export interface PageCommand {
  readonly name: string;
  readonly icon?: IconName;
  readonly keys?: string;
  readonly run: () => void;
}

const NONE: readonly PageCommand[] = [];
let current = NONE;
const listeners = new Set<() => void>();

function set(commands: readonly PageCommand[]): void {
  current = commands;
  for (const listener of listeners) listener();
}

/** Offers what the page can do in the command palette for as long as it is open. */
export function usePageCommands(commands: readonly PageCommand[]): void {
  useEffect(() => {
    set(commands);
    return () => set(NONE);
  });
}

export function useCommandsOfPage(): readonly PageCommand[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
    () => NONE,
  );
}
