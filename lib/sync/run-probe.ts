import type { ConfiguredStream, StreamDescriptor } from '#lib/catalog.ts';
import { describeCompiled } from '#lib/connections/manifests.ts';
import type { ProbeKind } from '#lib/db/schema.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { type DraftRequest, makeDraft } from '#lib/draft/make-draft.ts';
import { toFailure, WeirError } from '#lib/errors.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import type { Seen } from '#lib/extract/preview-templates.ts';
import type { Exchange, ExtractContext, ReadEvent, ReadLimits } from '#lib/extract/source.ts';
import { isJsonObject, type JsonObject, parseJson } from '#lib/json.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import { followReferences } from '#lib/secrets.ts';
import { ProbeWriter } from './probe-writer.ts';
import { endProbe, lastProbeEvent, probeAad } from './probes.ts';
import { extractContext, openDestination, type ResolveContext, uploadDir, workspaceGuard } from './resolve.ts';
import { saveSourceChanges } from './save-source-changes.ts';

const READ_LIMITS = { maxSlices: 3, maxPages: 5, maxRecords: 1_000 };
const RECORDS_SHOWN = 100;
const READ_DEADLINE_MS = 60_000;

/** Answers one question as events, with the same engine as a sync. Whatever goes wrong is the answer, not a failed job. */
export async function runProbe(c: ResolveContext, probeId: string, signal: AbortSignal): Promise<void> {
  const probe = await takeProbe(c, probeId);
  if (!probe) return;
  const events = new ProbeWriter(c.db, probeId, await lastProbeEvent(c.db, probeId));
  try {
    const input = JSON.parse(c.secrets.open(String(probe.input.sealed), probeAad(probeId))) as JsonObject;
    await answer(
      c,
      { ...probe, input, signal: AbortSignal.any([signal, AbortSignal.timeout(READ_DEADLINE_MS)]) },
      events,
    );
    await finish(c, probeId, events, 'succeeded');
  } catch (error) {
    const failure = toFailure(signal.aborted || error instanceof DOMException ? tooLong(signal, error) : error);
    if (failure.kind === 'bug') c.log.error({ err: error, probeId }, 'probe failed');
    events.add({ type: 'failure', failure });
    await finish(c, probeId, events, signal.aborted ? 'cancelled' : 'failed', failure as unknown as JsonObject);
  }
}

interface Question {
  readonly workspace_id: string;
  readonly kind: ProbeKind;
  readonly input: JsonObject;
  readonly signal: AbortSignal;
}

async function answer(c: ResolveContext, question: Question, events: ProbeWriter): Promise<void> {
  const { kind, input, signal } = question;
  const guard = await workspaceGuard(c.db, question.workspace_id);
  if (kind === 'check_destination') {
    const type = String(input.type);
    const config = followReferences(c.secrets, destinationKind(type).spec, objectOf(input.config));
    const destination = openDestination(c, guard, signal, { type, config });
    try {
      events.add({ type: 'result', ...(await destination.check()) });
    } finally {
      await destination.close();
    }
    return;
  }
  let last: Exchange | null = null;
  const extract = extractContext(c, guard, signal, {
    uploadDir: uploadDir(c.env, question.workspace_id),
    onExchange: (exchange) => {
      last = exchange;
      events.add({ type: 'exchange', exchange });
    },
  });
  if (kind === 'draft') {
    try {
      const request = objectOf(input.draft) as unknown as DraftRequest;
      events.add({ type: 'result', ...(await makeDraft(extract.http, request, signal)) });
    } finally {
      await extract.close();
    }
    return;
  }
  const { sourceId } = input;
  // A test may use up a refresh token that works once: the new one goes to the source that it was asked for.
  const saveConfig: ExtractContext['saveConfig'] = async (_config, changes) => {
    if (typeof sourceId === 'string') await saveSourceChanges(c, sourceId, changes);
  };
  const context = { ...extract, saveConfig };
  const source = createManifestSource(input.compiled as unknown as Manifest);
  const { spec } = describeCompiled(objectOf(input.compiled));
  const config = followReferences(c.secrets, spec, objectOf(input.config));
  try {
    if (kind === 'check_source') events.add({ type: 'result', ...(await source.check(context, config)) });
    else if (kind === 'discover') events.add({ type: 'result', streams: await source.discover(context, config) });
    else await testRead(source, context, { ...input, config }, events, () => last);
  } finally {
    await context.close();
  }
}

async function testRead(
  source: ReturnType<typeof createManifestSource>,
  context: ExtractContext,
  input: JsonObject,
  events: ProbeWriter,
  lastExchange: () => Exchange | null,
): Promise<void> {
  const config = objectOf(input.config);
  const state = isJsonObject(input.state) ? input.state : null;
  const name = String(input.stream);
  const stream = (await source.discover(context, config)).find((item) => item.name === name);
  if (!stream)
    throw new WeirError({
      kind: 'config',
      code: 'unknown_stream',
      message: `There is no stream named ${name}.`,
      hint: 'Choose one that the manifest declares.',
    });
  const limits = { ...READ_LIMITS, ...(objectOf(input.limits) as ReadLimits) };
  const log = (level: string, message: string) =>
    events.add({ type: 'log', level, message, at: context.clock().toISOString() });
  let page: Extract<ReadEvent, { type: 'page' }> | null = null;
  for await (const event of source.read(context, config, {
    stream: configured(stream),
    state,
    limits,
    keepRaw: true,
  })) {
    tell(event, events, log);
    if (event.type === 'page') page = event;
  }
  const seen = seenLast(lastExchange(), page);
  if (seen) events.add({ type: 'templates', templates: await source.preview(context, config, name, seen) });
}

/** Null when the last answer was no whole JSON: templates look into it. */
function seenLast(exchange: Exchange | null, page: Extract<ReadEvent, { type: 'page' }> | null): Seen | null {
  if (!exchange?.response) return null;
  try {
    return {
      response: parseJson(exchange.response.body),
      headers: exchange.response.headers,
      record: page?.records.at(-1) ?? null,
      lastPageSize: page?.records.length ?? 0,
      partition: page?.partition ?? {},
    };
  } catch {
    return null;
  }
}

function tell(event: ReadEvent, events: ProbeWriter, log: (level: string, message: string) => void): void {
  if (event.type === 'page') {
    const { slice, page, read, filtered } = event;
    const records = event.records.slice(0, RECORDS_SHOWN);
    events.add({
      type: 'page',
      slice,
      page,
      read,
      filtered,
      records,
      raw: event.raw?.slice(0, RECORDS_SHOWN) ?? records,
    });
    log('info', `page ${page}: ${read} read, ${filtered} filtered`);
  } else if (event.type === 'slice_closed') {
    events.add({ type: 'state', state: event.state });
    log('info', `slice ${event.slice} done`);
  } else if (event.type === 'notice') log(event.level, event.message);
}

/** As the stream itself would be read best: incrementally where it can. */
function configured(stream: StreamDescriptor): ConfiguredStream {
  return {
    stream,
    syncMode: stream.supportedSyncModes.includes('incremental') ? 'incremental' : 'full_refresh',
    destinationSyncMode: 'append',
    cursorField: stream.defaultCursorField,
    primaryKey: stream.sourceDefinedPrimaryKey,
  };
}

function takeProbe({ db }: ResolveContext, probeId: string) {
  return db
    .updateTable('probe')
    .set({ status: 'running' })
    .where('id', '=', probeId)
    .where('status', 'in', ['pending', 'running'])
    .returning(['workspace_id', 'kind', 'input'])
    .executeTakeFirst();
}

/** `done` is the last row, and the row's status follows it. */
async function finish(
  { db, clock }: ResolveContext,
  probeId: string,
  events: ProbeWriter,
  status: 'succeeded' | 'failed' | 'cancelled',
  failure?: JsonObject,
) {
  events.add({ type: 'done' });
  await events.flush();
  await endProbe(db, probeId, { status, now: clock(), ...(failure && { failure }) });
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function tooLong(signal: AbortSignal, cause: unknown): WeirError {
  return signal.aborted
    ? new WeirError({ kind: 'config', code: 'cancelled', message: 'It was stopped.', cause })
    : new WeirError({
        kind: 'transient',
        code: 'timeout',
        message: `It took longer than ${READ_DEADLINE_MS / 1000} s.`,
        hint: 'Test with fewer pages, or look whether the other side is slow.',
        cause,
      });
}
