import type { StreamDescriptor } from '#lib/catalog.ts';
import { type DiscoveredCatalog, findCatalog, saveCatalog } from '#lib/connections/discovered.ts';
import { probeInput } from '#lib/connections/probe-input.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { askProbe } from '#lib/sync/ask-probe.ts';
import { readApart } from '../manifest-thread.ts';
import { type Call, epochSeconds } from './call.ts';
import { toDiscovered } from './catalog.ts';
import { synchronousJob } from './synchronous-job.ts';

/** What the source offers, as it was found with its present settings, or asked anew. */
export async function discovered(call: Call, sourceId: string): Promise<DiscoveredCatalog> {
  const known = await findCatalog(call.context.db, call.identity.workspaceId, sourceId);
  return known ?? discoverAgain(call, sourceId);
}

export async function discoverAgain(call: Call, sourceId: string): Promise<DiscoveredCatalog> {
  const { context, identity, signal } = call;
  const kind = 'discover';
  const input = await probeInput({ ...context, read: readApart }, identity.workspaceId, { kind, sourceId });
  const result = await askProbe(context, identity.workspaceId, { kind, input, by: identity.actor, signal });
  const streams = (Array.isArray(result.streams) ? result.streams : []) as unknown as StreamDescriptor[];
  return saveCatalog(context.db, identity.workspaceId, sourceId, streams);
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
