import { randomUUID } from 'node:crypto';
import type { StreamDescriptor } from '#lib/catalog.ts';
import { type DiscoveredCatalog, findCatalog, saveCatalog } from '#lib/connections/discovered.ts';
import { fullConnections } from '#lib/connections/full-lists.ts';
import { probeInput } from '#lib/connections/probe-input.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { askProbe } from '#lib/sync/ask-probe.ts';
import { readApart } from '../manifest-thread.ts';
import { type Call, epochSeconds, isUuid } from './call.ts';
import { toDiscovered } from './catalog.ts';
import { synchronousJob } from './synchronous-job.ts';

/**
 * What the source offers, as it was found with its present settings, or asked anew. A connection may stay with a version of
 * the connector: then that one is asked.
 */
export async function discovered(
  call: Call,
  sourceId: string,
  version: number | null = null,
): Promise<DiscoveredCatalog> {
  if (version !== null) return discoverAgain(call, sourceId, version);
  const known = await findCatalog(call.context.db, call.identity.workspaceId, sourceId);
  return known ?? discoverAgain(call, sourceId);
}

export async function discoverAgain(
  call: Call,
  sourceId: string,
  version: number | null = null,
): Promise<DiscoveredCatalog> {
  const { context, identity, signal } = call;
  const kind = 'discover';
  const asked = { kind, sourceId, ...(version !== null && { connectorVersion: version }) } as const;
  const input = await probeInput({ ...context, read: readApart }, identity.workspaceId, asked);
  const result = await askProbe(context, identity.workspaceId, { kind, input, by: identity.actor, signal });
  const streams = (Array.isArray(result.streams) ? result.streams : []) as unknown as StreamDescriptor[];
  // What is kept of a source is what its connector's newest version finds.
  if (version !== null) return { catalogId: randomUUID(), streams };
  return saveCatalog(context.db, identity.workspaceId, sourceId, streams);
}

/** The version that the connection which the body names stays with; null where it names none of this source. */
export async function pinnedVersion({ context, identity, body }: Call, sourceId: string): Promise<number | null> {
  const { connectionId } = body;
  if (typeof connectionId !== 'string' || !isUuid(connectionId)) return null;
  const [connection] = await fullConnections(context, identity.workspaceId, { id: connectionId, sourceId });
  return connection?.connectorVersion ?? null;
}

/** The answer to `discover_schema`: a source that can't be read is an answer, too. */
export async function discoverySchema(
  call: Call,
  sourceId: string,
  ask: () => Promise<DiscoveredCatalog>,
): Promise<JsonObject> {
  const job = (succeeded: boolean) => synchronousJob('discover_schema', epochSeconds(call.context.clock()), succeeded);
  call.about(`source:${sourceId}`);
  try {
    const { catalogId, streams } = await ask();
    return { catalog: { streams: streams.map(toDiscovered) }, catalogId, jobInfo: job(true) };
  } catch (error) {
    if (!(error instanceof WeirError) || ['not_found', 'no_answer'].includes(error.code)) throw error;
    const failureReason = {
      failureOrigin: 'source',
      failureType: error.kind === 'config' ? 'config_error' : 'system_error',
      externalMessage: error.message,
      internalMessage: error.code,
      retryable: error.kind === 'transient',
      timestamp: call.context.clock().getTime(),
    };
    return { jobInfo: { ...job(false), failureReason } };
  }
}
