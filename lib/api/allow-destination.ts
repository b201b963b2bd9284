import { allowHost } from '#lib/access/allowed-hosts.ts';
import type { Identity } from '#lib/access/identify.ts';
import { mayActAs } from '#lib/access/roles.ts';
import { destinationKind } from '#lib/connections/destinations.ts';
import type { Db } from '#lib/db/connect.ts';
import type { JsonObject } from '#lib/json.ts';

/** Most warehouses stand at a private address: an administrator who names one as a destination has allowed it. */
export async function allowDestination(
  c: { db: Db },
  { role, workspaceId, actor }: Identity,
  destination: { name: string; type: string; config: JsonObject },
): Promise<void> {
  const address = destinationKind(destination.type).address(destination.config);
  if (!address || !mayActAs(role, 'admin')) return;
  await allowHost(c, workspaceId, { ...address, reason: `destination ${destination.name}`, createdBy: actor });
}
