import type { Db } from '#lib/db/connect.ts';

/** What follows a connection's syncs, in the order in which it is done. */
export function stepsOf(tx: Db, connectionId: string) {
  return tx
    .selectFrom('after_sync')
    .select(['channel_id as channelId', 'command'])
    .where('connection_id', '=', connectionId)
    .orderBy('position')
    .execute();
}
