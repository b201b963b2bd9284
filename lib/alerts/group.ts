import type { Db } from '#lib/db/connect.ts';
import type { Failure } from '#lib/errors.ts';
import type { Group } from './outbox.ts';

/**
 * What other connections fail with for the same reason: the same code at the same connector, or at the same destination.
 * Null where no other connection shares it, so that nothing waits in vain.
 */
export async function groupOf(tx: Db, connectionId: string, failure: Failure): Promise<Omit<Group, 'entry'> | null> {
  const ends = await tx
    .selectFrom('connection')
    .innerJoin('source', 'source.id', 'connection.source_id')
    .innerJoin('connector', 'connector.id', 'source.connector_id')
    .innerJoin('destination', 'destination.id', 'connection.destination_id')
    .select(['connector.id as connectorId', 'connector.name as connectorName'])
    .select(['destination.id as destinationId', 'destination.name as destinationName'])
    .where('connection.id', '=', connectionId)
    .executeTakeFirst();
  if (!ends) return null;
  const isSource = isAtSource(failure);
  const id = isSource ? ends.connectorId : ends.destinationId;
  const peer = await tx
    .selectFrom('connection')
    .innerJoin('source', 'source.id', 'connection.source_id')
    .select('connection.id')
    .where(isSource ? 'source.connector_id' : 'connection.destination_id', '=', id)
    .where('connection.id', '<>', connectionId)
    .where('connection.status', '=', 'active')
    .limit(1)
    .executeTakeFirst();
  if (!peer) return null;
  const name = isSource ? ends.connectorName : ends.destinationName;
  return { key: `${failure.code}:${id}`, many: `Sync failed: {n} connections of ${name}: ${failure.message}` };
}

/** What happens while a stream is read has a place in it; a destination that can't be reached has none. */
function isAtSource({ code, where = {} }: Failure): boolean {
  return /^http_\d+$/.test(code) || where.url !== undefined || where.stream !== undefined;
}
