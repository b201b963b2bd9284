import type { ConnectionSummary } from '#lib/connections/connections.ts';
import type { Landing } from '#lib/connections/shared-tables.ts';

/** Where a connection's streams land, and its name. */
export function landingOf({
  id,
  name,
  destination,
  namespaceDefinition,
  namespaceFormat,
  prefix,
  streamNames,
}: ConnectionSummary): Landing & { id: string; name: string } {
  const streams = streamNames.map((stream) => ({ name: stream }));
  return { id, name, destinationId: destination.id, namespaceDefinition, namespaceFormat, prefix, streams };
}
