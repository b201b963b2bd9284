import { describeCompiled } from '#lib/connections/manifests.ts';
import type { ProbeKind } from '#lib/db/schema.ts';
import { workspaceGuard } from '#lib/db/workspace-guard.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { type DraftRequest, makeDraft } from '#lib/draft/make-draft.ts';
import { toFailure, WeirError } from '#lib/errors.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { withExpectation } from '#lib/extract/manifest-tests/record-test.ts';
import { runTests, type TestResult } from '#lib/extract/manifest-tests/run-tests.ts';
import type { ExtractContext, PlannedSource } from '#lib/extract/source.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import type { ManifestTest } from '#lib/manifest/weir-block.ts';
import { followReferences } from '#lib/secrets.ts';
import { ProbeWriter } from './probe-writer.ts';
import { endProbe, lastProbeEvent, probeAad } from './probes.ts';
import { extractContext, openDestination, type ResolveContext, uploadsOf } from './resolve.ts';
import { ownerOf } from './save-source-changes.ts';
import { testRead } from './test-read.ts';

const SLICES_PLANNED = 100;
const READ_DEADLINE_MS = 60_000;

/** Questions that others answer: the result, in one piece. */
export type OtherAnswers = Partial<
  Record<ProbeKind, (workspaceId: string, input: JsonObject, signal: AbortSignal) => Promise<object>>
>;

/** Answers one question as events, with the same engine as a sync. Whatever goes wrong is the answer, not a failed job. */
export async function runProbe(
  c: ResolveContext,
  probeId: string,
  signal: AbortSignal,
  others: OtherAnswers = {},
): Promise<void> {
  const probe = await takeProbe(c, probeId);
  if (!probe) return;
  const events = new ProbeWriter(c.db, probeId, await lastProbeEvent(c.db, probeId));
  try {
    const input = JSON.parse(c.secrets.open(String(probe.input.sealed), probeAad(probeId))) as JsonObject;
    const question = { ...probe, input, signal: AbortSignal.any([signal, AbortSignal.timeout(READ_DEADLINE_MS)]) };
    const other = others[probe.kind];
    if (other) events.add({ type: 'result', ...(await other(probe.workspace_id, input, question.signal)) });
    else await answer(c, question, events);
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
  const guard = await workspaceGuard(c, question.workspace_id);
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
  if (kind === 'run_tests') return answerTests(input, events);
  const extract = extractContext(c, guard, signal, {
    ...uploadsOf(c, question.workspace_id),
    onExchange: (exchange) => events.add({ type: 'exchange', exchange }),
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
  const context = { ...extract, ...(typeof sourceId === 'string' && ownerOf(c, sourceId)) };
  const source = createManifestSource(input.compiled as unknown as Manifest);
  const { spec } = describeCompiled(objectOf(input.compiled));
  const config = followReferences(c.secrets, spec, objectOf(input.config));
  try {
    if (kind === 'check_source') events.add({ type: 'result', ...(await source.check(context, config)) });
    else if (kind === 'discover') events.add({ type: 'result', streams: await source.discover(context, config) });
    else if (kind === 'plan') events.add({ type: 'result', plan: await planOf(source, context, { ...input, config }) });
    else if (kind === 'keep_test') {
      const test = objectOf(input.test) as unknown as ManifestTest;
      events.add({ type: 'result', test: await withExpectation(source, test, { failed: input.failed === true }) });
    } else await testRead(context, { ...input, config }, events);
  } finally {
    await context.close();
  }
}

/** What a read would ask for; nothing is sent. */
function planOf(source: PlannedSource, context: ExtractContext, input: JsonObject) {
  const state = isJsonObject(input.state) ? input.state : null;
  return source.plan(context, objectOf(input.config), {
    ...{ stream: String(input.stream), state, mostSlices: SLICES_PLANNED },
  });
}

async function answerTests(input: JsonObject, events: ProbeWriter): Promise<void> {
  const results: TestResult[] = [];
  for await (const result of runTests(String(input.manifest), input.compiled as unknown as Manifest)) {
    results.push(result);
    events.add({ type: 'test', ...result });
  }
  events.add({ type: 'result', results });
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
