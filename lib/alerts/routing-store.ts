import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { JsonObject } from '#lib/json.ts';
import type { ChannelType } from './kinds/channel-kind.ts';
import type { RoutingRule } from './route.ts';

interface StoredChannel {
  readonly id: string;
  readonly name: string;
  readonly type: ChannelType;
  /** Secrets sealed. */
  readonly config: JsonObject;
  readonly events: readonly string[];
}

/** The rules that count, in the order in which they are asked, and the channels that are on. */
export async function routingOf(
  tx: Db,
  workspaceId: string,
): Promise<{ rules: RoutingRule[]; channels: StoredChannel[] }> {
  const channels = await tx
    .selectFrom('channel')
    .select(['id', 'name', 'type', 'config', 'events'])
    .where('workspace_id', '=', workspaceId)
    .where('enabled', '=', true)
    .orderBy('name')
    .execute();
  const rules = await tx
    .selectFrom('alert_rule')
    .select(['id', 'name', 'matches', 'channel_ids as channelIds', 'failures_in_a_row as failuresInARow'])
    .select(['quiet_hours as quietHours', 'digest'])
    .where('workspace_id', '=', workspaceId)
    .where('enabled', '=', true)
    .orderBy('position')
    .orderBy('created_at')
    .execute();
  return { rules, channels };
}

/** What rules ask of a connection; null when it is not there. */
export async function routedConnection(
  tx: Db,
  workspaceId: string,
  connectionId: string | null,
): Promise<{ tags: string[]; owners: string[] } | null> {
  if (connectionId === null) return null;
  const row = await tx
    .selectFrom('connection')
    .select(['owner'])
    .select((select) =>
      select
        .selectFrom('connection_tag')
        .innerJoin('tag', 'tag.id', 'connection_tag.tag_id')
        .whereRef('connection_tag.connection_id', '=', 'connection.id')
        .select(sql<string[]>`coalesce(array_agg(tag.name), '{}')`.as('names'))
        .as('tags'),
    )
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', connectionId)
    .executeTakeFirst();
  return row ? { tags: row.tags ?? [], owners: row.owner ? [row.owner] : [] } : null;
}

/** Whom the checks name as their owners. */
export async function ownersOfChecks(tx: Db, suiteId: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql<{ owner: string }>`
    select distinct owner from (
      select distinct on (key) key, owner from check_result
      where suite_id = ${suiteId} and key = any(${[...keys]}) order by key, id desc
    ) newest where owner is not null`.execute(tx);
  return rows.map(({ owner }) => owner);
}
