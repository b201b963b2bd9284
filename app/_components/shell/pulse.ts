'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Overview } from '#lib/connections/overview.ts';
import type { OverviewChange } from '#lib/connections/overview-change.ts';
import { api } from '../api.ts';
import { followEvents } from '../events.ts';
import { useHydrated } from '../use-hydrated.ts';
import type { Wire } from '../wire.ts';
import { changedOverview } from './changed-overview.ts';

export interface Pulse {
  readonly openIncidents: number;
  readonly workers: number;
  readonly running: number;
}

export const OVERVIEW_KEY = ['overview'] as const;
/** Beside the events, for networks that hold those back. */
const EVERY_MS = 60_000;

/** The overview as it was read last, for all who show a part of it. */
export function useOverview(initial?: Wire<Overview>) {
  return useQuery({
    queryKey: OVERVIEW_KEY,
    queryFn: () => api.get<Wire<Overview>>('/overview'),
    refetchInterval: EVERY_MS,
    ...(initial && { initialData: initial, initialDataUpdatedAt: Date.parse(initial.asOf) }),
  });
}

type OverviewEvent =
  | ({ type: 'overview' } & Wire<Overview>)
  | ({ type: 'changed' } & Wire<OverviewChange>)
  | { type: 'same'; asOf: string };

/**
 * Keeps the overview up to date while the tab is seen: a browser opens few connections to one host, and hidden tabs need none.
 * What did not change keeps its identity, so that only the rows that did are drawn again.
 */
export function useOverviewFeed(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const take = ({ type: _type, ...event }: OverviewEvent) => {
      const old = queries.getQueryData<Wire<Overview>>(OVERVIEW_KEY);
      const now = 'connections' in event ? event : old && changedBy(old, event);
      if (now) queries.setQueryData<Wire<Overview>>(OVERVIEW_KEY, now);
      else void queries.invalidateQueries({ queryKey: OVERVIEW_KEY });
    };
    let stop: (() => void) | null = null;
    const follow = () => {
      const isSeen = document.visibilityState === 'visible';
      if (isSeen && !stop) stop = followEvents<OverviewEvent>('/overview/events', take);
      if (isSeen || !stop) return;
      stop();
      stop = null;
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      stop?.();
    };
  }, [queries]);
}

function changedBy(old: Wire<Overview>, event: Wire<OverviewChange> | { asOf: string }): Wire<Overview> | null {
  return 'changed' in event ? changedOverview(old, event) : { ...old, asOf: event.asOf };
}

/** Workers, running syncs and open incidents for the side bar; null before the first answer. */
export function usePulse(): Pulse | null {
  const { data } = useOverview();
  // A page may hold the overview before the shell around it is hydrated, and the server drew the shell without.
  const hydrated = useHydrated();
  if (!data || !hydrated) return null;
  return { openIncidents: data.tiles.incidents.open, workers: data.workers, running: data.running };
}
