import type { ScriptedServer } from '#tests/harness/scripted-server.ts';
import { type Connected, manifestOf, type World } from './world.ts';

export const ROWS = 5_000;

const append = { syncMode: 'full_refresh', destinationSyncMode: 'append', cursorField: [], primaryKey: [] };

/** Orders, all of them added by each sync: what is written twice shows. */
export function appendedOrders(world: World, api: ScriptedServer, destinationId?: string): Promise<Connected> {
  const stream = { name: 'orders', jsonSchema: {}, supportedSyncModes: ['full_refresh'] };
  return world.connect(manifestOf(api, { name: 'orders', paginator: null }), api, {
    connection: { ...(destinationId && { destinationId }), streams: [{ stream, ...append }] },
  });
}

export async function countsOf(world: World, { prefix }: Connected) {
  const [row] = await world.query<{ rows: number; ids: number }>(
    `select count(*)::int as rows, count(distinct id)::int as ids from public.${prefix}orders`,
  );
  return row;
}
