'use client';

import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Overview } from '#lib/connections/overview.ts';
import { api } from '../api.ts';
import type { Wire } from '../wire.ts';

export interface Pulse {
  readonly openIncidents: number;
  readonly workers: number;
  readonly running: number;
}

export const OVERVIEW_KEY = ['overview'] as const;
const EVERY_MS = 5_000;

/** The overview, read every few seconds once for all who show a part of it. */
export function useOverview(initial?: Wire<Overview>) {
  return useQuery({
    queryKey: OVERVIEW_KEY,
    queryFn: () => api.get<Wire<Overview>>('/overview'),
    refetchInterval: EVERY_MS,
    ...(initial && { initialData: initial, initialDataUpdatedAt: Date.parse(initial.asOf) }),
  });
}

/** Workers, running syncs and open incidents for the side bar; null before the first answer. */
export function usePulse(): Pulse | null {
  const { data } = useOverview();
  // A page may hold the overview before the shell around it is hydrated, and the server drew the shell without.
  const hydrated = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  if (!data || !hydrated) return null;
  return { openIncidents: data.tiles.incidents.open, workers: data.workers, running: data.running };
}

function never(): () => void {
  return () => undefined;
}
