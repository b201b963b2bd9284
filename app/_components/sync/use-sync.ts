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
  /** Nothing more comes: the lines are all that the log has. */
  readonly isWhole: boolean;
}

const unread = (sync: Sync): Followed => ({ sync, lines: [], isWhole: false });

/** Older lines are on the service; the page keeps the newest. */
export const LINES_KEPT = 2_000;
/** A long log arrives line by line: drawn one by one it would keep the page busy for long. */
const DRAWN_EVERY_MS = 100;

/** A sync and its log as they go on. What ends brings the lists of the page up to date. */
export function useSync(initial: Sync): Followed {
  const [followed, setFollowed] = useState(() => unread(initial));
  const queries = useQueryClient();
  const { id } = initial;
  // What was seen of the sync that was shown before is none of this one's.
  if (followed.sync.id !== id) setFollowed(unread(initial));
  useEffect(() => {
    let waiting: SyncEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      const events = waiting;
      waiting = [];
      timer = undefined;
      setFollowed((old) => next(old, events));
    };
    const take = (event: SyncEvent) => {
      if (event.type === 'done') void queries.invalidateQueries();
      waiting.push(event);
      timer ??= setTimeout(draw, DRAWN_EVERY_MS);
    };
    const stop = followEvents<SyncEvent>(`/syncs/${id}/events?newest=${LINES_KEPT}`, take);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [id, queries]);
  return followed;
}

function next(old: Followed, events: readonly SyncEvent[]): Followed {
  let { sync, isWhole } = old;
  const added: LogLine[] = [];
  let last = old.lines.at(-1)?.id ?? 0;
  for (const event of events) {
    if (event.type === 'done') isWhole = true;
    else if (event.type === 'progress') {
      const { type: _type, ...changed } = event;
      sync = changed;
    } else if (event.id > last) {
      last = event.id;
      added.push(event);
    }
  }
  const lines = added.length === 0 ? old.lines : [...old.lines, ...added].slice(-LINES_KEPT);
  return { sync, lines, isWhole };
}
