'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { SyncDetail, SyncLogLine } from '#lib/sync/syncs.ts';
import { followEvents } from '../events.ts';
import type { Wire } from '../wire.ts';

export type Sync = Wire<SyncDetail>;
export type LogLine = Wire<SyncLogLine>;

type SyncEvent = ({ type: 'progress' } & Sync) | ({ type: 'log' } & LogLine) | { type: 'done' };

interface Followed {
  readonly sync: Sync;
  readonly lines: readonly LogLine[];
}

/** Older lines are on the service; the page keeps the newest. */
export const LINES_KEPT = 5_000;

/** A sync and its log as they go on. What ends brings the lists of the page up to date. */
export function useSync(initial: Sync): Followed {
  const [followed, setFollowed] = useState<Followed>({ sync: initial, lines: [] });
  const queries = useQueryClient();
  const { id } = initial;
  useEffect(() => {
    const take = (event: SyncEvent) => {
      if (event.type === 'done') void queries.invalidateQueries();
      else setFollowed((old) => next(old, event));
    };
    return followEvents<SyncEvent>(`/syncs/${id}/events?newest=${LINES_KEPT}`, take);
  }, [id, queries]);
  return followed.sync.id === id ? followed : { sync: initial, lines: [] };
}

function next(old: Followed, event: Exclude<SyncEvent, { type: 'done' }>): Followed {
  if (event.type === 'progress') {
    const { type: _type, ...sync } = event;
    return { lines: old.sync.id === sync.id ? old.lines : [], sync };
  }
  const last = old.lines.at(-1)?.id ?? 0;
  return event.id <= last ? old : { ...old, lines: [...old.lines, event].slice(-LINES_KEPT) };
}
