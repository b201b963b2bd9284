import { listConnections } from '#lib/connections/connections.ts';
import { listDestinations } from '#lib/connections/destinations.ts';
import { defaultTargetMinutes } from '#lib/connections/freshness.ts';
import { loadedTables } from '#lib/connections/loaded-tables.ts';
import type { Context } from '#lib/context.ts';
import type { Choices } from '../(main)/quality/_parts/starting-text.ts';

/** What a suite can be bound to. */
export async function suiteChoices(context: Context, workspaceId: string): Promise<Choices> {
  const [connections, destinations, tables] = await Promise.all([
    listConnections(context, workspaceId),
    listDestinations(context, workspaceId),
    loadedTables(context, workspaceId),
  ]);
  const now = context.clock();
  return {
    connections: connections.map(({ id, name, destination, freshnessTargetMinutes, schedule }) => ({
      ...{ id, name, destinationId: destination.id, tables: tables.get(id) ?? [] },
      targetMinutes: freshnessTargetMinutes ?? defaultTargetMinutes(schedule, now),
    })),
    destinations: destinations.map(({ id, name }) => ({ id, name })),
  };
}
