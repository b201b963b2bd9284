import type { StreamTask } from '#lib/db/schema.ts';

/** What a sync did in place of the usual, to follow a comma; null for the usual. */
export function taskWords(task: StreamTask | null): string | null {
  switch (task?.kind) {
    case undefined:
      return null;
    case 'refresh':
      return task.keepHistory ? 'a refresh that keeps what was there' : 'a refresh that replaces what was there';
    case 'backfill':
      return `a backfill from ${task.from}${task.to === null ? ' on' : ` up to ${task.to}`}`;
    case 'replay':
      return 'a replay of what was in quarantine';
  }
}
