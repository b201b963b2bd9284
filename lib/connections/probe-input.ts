import type { Db } from '#lib/db/connect.ts';
import type { ProbeKind } from '#lib/db/schema.ts';
import type { JsonObject } from '#lib/json.ts';
import { metadataFindings } from '#lib/manifest/weir-block.ts';
import type { Secrets } from '#lib/secrets.ts';
import { getConnectorVersion, latestVersion } from './connectors.ts';
import { destinationAad, destinationKind, findStoredDestination, sameAddress } from './destinations.ts';
import { describeCompiled, type ManifestReading, readManifest } from './manifests.ts';
import { notFound, refuseIssues } from './refusals.ts';
import { assertComplete, mergedConfig } from './sealed-config.ts';
import { findStored, sourceAad } from './sources.ts';

/** A question as a form or the editor asks it; secrets may be masked where a stored row is named. */
export interface ProbeRequest {
  readonly kind: ProbeKind;
  readonly connectorId?: string;
  readonly sourceId?: string;
  readonly destinationId?: string;
  /** Text of a manifest that may not be saved yet. */
  readonly manifest?: string;
  readonly type?: string;
  readonly config?: JsonObject;
  readonly stream?: string;
  /** The saved version whose answer is wanted; the newest when absent. */
  readonly connectorVersion?: number;
  readonly limits?: JsonObject;
  readonly state?: JsonObject | null;
  /** How the API is made to misbehave in a test. */
  readonly faults?: readonly string[];
  /** A recording to read in place of the API; its config counts. */
  readonly replay?: JsonObject;
  /** A recording to keep as a test. */
  readonly test?: JsonObject;
  /** The read that was recorded ended with a failure. */
  readonly failed?: boolean;
  /** What a connector is to be made from. */
  readonly draft?: JsonObject;
  /** What masks stand for, open: what a consent filled. */
  readonly filled?: JsonObject;
}

interface ProbeContext {
  readonly db: Db;
  readonly secrets: Secrets;
  /** Who reads manifests, where that is not to be done here. */
  readonly read?: (manifest: string) => Promise<ManifestReading>;
}

/** The question with everything a child needs to answer it: compiled manifest, and a config with open secrets. */
export async function probeInput(c: ProbeContext, workspaceId: string, request: ProbeRequest): Promise<JsonObject> {
  if (request.kind === 'draft') return { draft: request.draft ?? {} };
  return request.kind === 'check_destination'
    ? destinationInput(c, workspaceId, request)
    : sourceInput(c, workspaceId, request);
}

async function sourceInput(
  { db, secrets, read = async (manifest) => readManifest(manifest) }: ProbeContext,
  workspaceId: string,
  request: ProbeRequest,
): Promise<JsonObject> {
  const {
    kind,
    connectorId,
    connectorVersion: version,
    sourceId,
    manifest,
    config,
    stream,
    limits,
    state,
    filled,
    faults,
  } = request;
  const source = sourceId === undefined ? null : await findStored(db, workspaceId, sourceId);
  const text = manifest ?? (await savedManifest(db, workspaceId, { id: connectorId ?? source?.connector_id, version }));
  const { compiled, issues } = await read(text);
  if (compiled === null)
    refuseIssues('The manifest has problems.', issues.length > 0 ? issues : [{ message: 'Empty.' }]);
  if (kind === 'run_tests') return { compiled: compiled ?? {}, manifest: text };
  if (kind === 'keep_test')
    return { compiled: compiled ?? {}, test: recordingOf(request.test), failed: request.failed === true };
  if (request.replay)
    return {
      ...{ compiled: compiled ?? {}, replay: recordingOf(request.replay), limits: limits ?? {} },
      ...{ stream: stream ?? '', state: state ?? null },
    };
  const open = mergedConfig(secrets, {
    aad: sourceAad(sourceId ?? 'none'),
    stored: filled ?? source?.config ?? null,
    sent: config ?? source?.config ?? {},
  });
  assertComplete(secrets, describeCompiled(compiled ?? {}).spec, open);
  return {
    compiled: compiled ?? {},
    config: open,
    ...(source !== null && { sourceId: source.id }),
    ...(stream !== undefined && { stream }),
    ...(limits !== undefined && { limits }),
    ...(state !== undefined && { state }),
    ...(faults !== undefined && { faults: [...faults] }),
  };
}

/** It comes back from a browser: what is no test is refused before a child meets it. */
function recordingOf(test: JsonObject | undefined): JsonObject {
  const findings = metadataFindings({ weir: { tests: [test ?? {}] } });
  refuseIssues(
    'This is no recording of a test.',
    findings.map(({ path, ...issue }) => ({ ...issue, path: path.join('.') })),
  );
  return test ?? {};
}

async function destinationInput(
  { db, secrets }: { db: Db; secrets: Secrets },
  workspaceId: string,
  { destinationId, type, config }: ProbeRequest,
): Promise<JsonObject> {
  const row = destinationId === undefined ? null : await findStoredDestination(db, workspaceId, destinationId);
  const kind = destinationKind(type ?? row?.type ?? '');
  const sent = config ?? row?.config ?? {};
  const open = mergedConfig(secrets, {
    aad: destinationAad(destinationId ?? 'none'),
    stored: row && sameAddress(row.config, sent) ? row.config : null,
    sent,
  });
  assertComplete(secrets, kind.spec, open);
  return { type: kind.type, config: open };
}

async function savedManifest(
  db: Db,
  workspaceId: string,
  { id, version }: { id: string | undefined; version: number | undefined },
): Promise<string> {
  if (id === undefined) throw notFound('version of the connector');
  if (version !== undefined) return (await getConnectorVersion({ db }, workspaceId, id, version)).manifest;
  const latest = await latestVersion({ db }, workspaceId, id);
  if (!latest) throw notFound('version of the connector');
  return latest.manifest;
}
