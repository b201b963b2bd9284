'use client';

import { useSyncExternalStore } from 'react';

/** False in what the service draws, and until the browser has taken that over. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}

function never(): () => void {
  return () => undefined;
}
