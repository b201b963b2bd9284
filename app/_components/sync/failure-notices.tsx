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
      {own && <FailureNotice failure={own} title={titleOf(own)} actions={actions} />}
      {ofStreams.map(
        ({ name, failure }) =>
          failure && <FailureNotice key={name} failure={failure} title={`Stream ${name} failed`} />,
      )}
    </div>
  );
}

/** Whose turn it is. */
function titleOf({ kind }: NonNullable<Sync['failure']>): string {
  return {
    config: 'The sync failed and waits for you',
    transient: 'The sync failed; the next one tries again',
    terminal: 'The sync failed: the other side refuses for good',
    bug: 'The sync failed for a fault in Weir',
  }[kind];
}
