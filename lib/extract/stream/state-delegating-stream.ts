import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { DateTime } from '#lib/manifest/datetime/date-time.ts';
import { type Duration, parseDuration } from '#lib/manifest/datetime/duration.ts';
import { type Build, component, defineKind, template } from '#lib/manifest/kind.ts';
import { interpolateText } from '#lib/manifest/template/interpolate.ts';
import type { Cursor, StreamReader } from '../families.ts';
import { noPlan } from '../plan-stream.ts';
import { scopeOf } from '../scope.ts';

const NO_CURSOR = '__ab_no_cursor_state_message';

export const stateDelegatingStream = defineKind<StreamReader>({
  name: 'StateDelegatingStream',
  family: 'stream',
  docs: 'Is read one way the first time, and another way once there is a state to go on from.',
  example: `type: StateDelegatingStream
name: orders
full_refresh_stream:
  type: DeclarativeStream
  name: orders
  retriever:
    type: SimpleRetriever
    requester: { type: HttpRequester, url: https://api.example.com/orders }
    record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
incremental_stream:
  type: DeclarativeStream
  name: orders
  retriever:
    type: SimpleRetriever
    requester: { type: HttpRequester, url: https://api.example.com/events }
    record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
`,
  fields: {
    name: { docs: 'Its name; that of both streams, too.', required: true, types: ['string'] },
    full_refresh_stream: component('How it is read without a state.', 'stream', {
      required: true,
      defaultType: 'DeclarativeStream',
    }),
    incremental_stream: component('How it is read from a state on.', 'stream', {
      required: true,
      defaultType: 'DeclarativeStream',
    }),
    api_retention_period: template(
      'How long the API keeps what the second way reads, such as P30D: an older state begins from the start.',
    ),
  },
  problems: (stream) => [...nameProblems(stream), ...retentionProblems(stream)],
  create(stream, build) {
    const readers = new Map<string, StreamReader>();
    const reader = (name: 'full_refresh_stream' | 'incremental_stream') => {
      const known = readers.get(name) ?? build.create<StreamReader>(stream[name]);
      readers.set(name, known);
      return known;
    };
    const begins = (state: StreamState | null) => isEmpty(state) || isOutOfReach(stream, build, state);
    return {
      describe: (context) => reader('full_refresh_stream').describe(context),
      async *read(context, request) {
        if (begins(request.state)) yield* reader('full_refresh_stream').read(context, { ...request, state: null });
        else yield* reader('incremental_stream').read(context, request);
      },
      plan: (context, request) => {
        const chosen = reader(begins(request.state) ? 'full_refresh_stream' : 'incremental_stream');
        const state = begins(request.state) ? null : request.state;
        return chosen.plan?.(context, { ...request, state }) ?? noPlan(request.stream);
      },
    };
  },
});

function nameProblems({ name, ...stream }: JsonObject) {
  return (['full_refresh_stream', 'incremental_stream'] as const).flatMap((field) => {
    const inner = stream[field];
    return isJsonObject(inner) && inner.name !== name
      ? [{ field, message: `${field} is named ${String(inner.name)}: both streams take the name ${String(name)}.` }]
      : [];
  });
}

function retentionProblems({
  api_retention_period: period,
  full_refresh_stream: full,
  incremental_stream: more,
}: JsonObject) {
  const counts = [full, more].some(
    (stream) =>
      isJsonObject(stream) &&
      isJsonObject(stream.incremental_sync) &&
      stream.incremental_sync.type === 'IncrementingCountCursor',
  );
  const message = 'api_retention_period needs a cursor of dates; an IncrementingCountCursor has no age.';
  return period && counts ? [{ field: 'api_retention_period', message }] : [];
}

function isEmpty(state: StreamState | null): boolean {
  return state === null || Object.keys(state).length === 0;
}

/** Whether the API may have dropped what came after the state: then only a whole read loses nothing. */
function isOutOfReach(stream: JsonObject, build: Build, state: StreamState | null): boolean {
  const { api_retention_period: period } = stream;
  const text = typeof period === 'string' ? interpolateText(period, scopeOf(build, stream)) : '';
  if (text === '' || state === null) return false;
  const full = cursorOf(stream.full_refresh_stream, build);
  // A whole read that was done, without a cursor, is as new as can be.
  if (!full && NO_CURSOR in state) return false;
  const at = full?.timeOf?.(dated(state)) ?? cursorOf(stream.incremental_stream, build)?.timeOf?.(dated(state)) ?? null;
  return at === null || at.micros < DateTime.fromDate(build.now()).plus(periodOf(text), -1).micros;
}

/** Of a state with partitions the common one counts. */
function dated(state: StreamState): StreamState {
  return isJsonObject(state.state) ? state.state : state;
}

function cursorOf(stream: unknown, build: Build): Cursor | null {
  const sync = isJsonObject(stream) ? stream.incremental_sync : null;
  return sync ? build.create<Cursor>(sync) : null;
}

function periodOf(text: string): Duration {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new WeirError({
      kind: 'config',
      code: 'bad_duration',
      message: `api_retention_period is ${JSON.stringify(text)}: ${(cause as Error).message}.`,
      hint: 'Write it as P30D, P1M or PT1H.',
      cause,
    });
  }
}
