import { tellDecision } from '#lib/alerts/incident-changed.ts';
import type { Context } from '#lib/context.ts';
import { type Decision, decideLoad, runAgain } from '#lib/sync/held-loads.ts';

/** Of whom, and of which held load. */
interface Held {
  readonly workspaceId: string;
  readonly syncId: number;
}

type How = Pick<Decision, 'by' | 'reason'>;

const DECIDED = { release: 'released, its rows are being published', discard: 'discarded' } as const;

/**
 * Releases or discards a held load. Those who were told that it is held hear of it by the same transaction: neither is there
 * without the other. @throws WeirError `not_held`, `sync_running`, `not_found`
 */
export async function decideHeld(c: Context, held: Held, decision: 'release' | 'discard', how: How): Promise<void> {
  const onDecided = telling(c, held, how, () => `Load ${held.syncId} is ${DECIDED[decision]}.`);
  await decideLoad(c, held.workspaceId, held.syncId, decision, { ...how, onDecided });
}

/** Discards it and reads the same records again. @throws WeirError `not_held`, `sync_running`, `not_found` */
export function readHeldAgain(c: Context, held: Held, how: How): Promise<{ syncId: number }> {
  const said = (next: number | null) => `Load ${held.syncId} is discarded, sync ${next} reads the same records again.`;
  return runAgain(c, held.workspaceId, held.syncId, { ...how, onDecided: telling(c, held, how, said) });
}

function telling(
  c: Context,
  { workspaceId, syncId }: Held,
  { by, reason }: How,
  what: (nextSyncId: number | null) => string,
): NonNullable<Decision['onDecided']> {
  return (tx, next) =>
    tellDecision(tx, c, { workspaceId, syncId, reply: [`${by}: ${what(next)}`, reason].filter(Boolean).join(' ') });
}
