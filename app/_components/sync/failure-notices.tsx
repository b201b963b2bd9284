import type { ReactNode } from 'react';
import { FailureNotice } from '../notice.tsx';
import { HeldLoad, heldStreams } from './held-load.tsx';
import type { Sync } from './use-sync.ts';

/** Why a sync failed: its own reason, and those of streams that say something else. */
export function SyncFailures({ sync, actions }: { sync: Sync; actions?: ReactNode }) {
  const held = heldStreams(sync);
  const own = sync.failure?.code === 'load_held' && held.length > 0 ? null : sync.failure;
  const ofStreams = sync.streams.filter(
    ({ failure, status }) => failure && status !== 'held' && failure.message !== own?.message,
  );
  if (!own && ofStreams.length === 0 && held.length === 0) return null;
  return (
    <div className="stack">
      <HeldLoad sync={sync} />
      {own && <FailureNotice failure={own} title={titleOf(own, sync)} actions={actions} />}
      {ofStreams.map(
        ({ name, failure }) =>
          failure && <FailureNotice key={name} failure={failure} title={`Stream ${name} failed`} />,
      )}
    </div>
  );
}

/** Whose turn it is. */
function titleOf({ kind }: NonNullable<Sync['failure']>, sync: Sync): string {
  const { status, attempts } = sync;
  if (status === 'incomplete') return `Attempt ${attempts} failed; this sync tries again by itself`;
  if (status === 'running') return `Attempt ${attempts - 1} failed; attempt ${attempts} is running`;
  return {
    config: 'The sync failed and waits for you',
    transient: `The sync failed; ${nextWords(sync)}`,
    terminal: 'The sync failed: the other side refuses for good',
    bug: 'The sync failed for a fault in Weir',
  }[kind];
}

/** What tries again: a sync that was asked for once is repeated by no other. */
function nextWords({ kind, task, nextDue }: Sync): string {
  if (kind === 'clear' || kind === 'reset' || task !== null) return 'no other does the same: ask for it again';
  return nextDue === null ? 'no other is due: it is tried again when one is started' : 'the next one tries again';
}
