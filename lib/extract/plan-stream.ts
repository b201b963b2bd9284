import { WeirError } from '#lib/errors.ts';
import { TemplateError } from '#lib/manifest/template/template-error.ts';
import type { CursorTrack, PageRequest, PreparedRequest } from './families.ts';
import { NOT_SENT, notSent, refusingClient } from './http/refusing-client.ts';
import { partitions } from './partition/partitions.ts';
import { pageRequest } from './read-page.ts';
import { type Slice, sliceKey, WHOLE_STREAM } from './slice.ts';
import type { ExtractContext, PlannedSlice, PlanRequest, StreamPlan } from './source.ts';
import type { StreamParts } from './stream-parts.ts';
import { StreamStates } from './stream-states.ts';

/** Slices that are counted, beyond those that are shown. */
const MOST_COUNTED = 100_000;

/** A context that can't send: what a plan is made with, so that it asks nobody, whatever the components do. */
export function withoutSending(context: ExtractContext): ExtractContext {
  const { onExchange: _told, saveConfig: _saved, alone: _alone, ...rest } = context;
  return {
    ...rest,
    http: refusingClient,
    sleep: async () => {
      throw notSent('The API');
    },
  };
}

export async function noPlan(stream: string): Promise<StreamPlan> {
  const reason = 'What it reads is found out when it is read.';
  return { stream, slices: [], count: 0, unknownUntil: null, reason };
}

/**
 * The slices of a stream and the first request of each, made by the same parts that read it and sent by none. Where a parent would
 * have to be read, the slices are those of one partition with names in braces for its values.
 */
export async function planStream(
  context: ExtractContext,
  parts: StreamParts,
  { state: given, mostSlices }: PlanRequest,
): Promise<StreamPlan> {
  const state = parts.migrations.reduce((old, migration) => old && migration.migrate(old, parts), given);
  const slices: Slice[] = [];
  let count = 0;
  const add = (partition: Slice, track: Pick<CursorTrack, 'stretches'> | null) => {
    for (const { cursor } of track?.stretches() ?? [{ cursor: {} }]) {
      if (slices.length < mostSlices) slices.push({ ...partition, cursor });
      if (++count >= MOST_COUNTED) return;
    }
  };
  const states = new StreamStates(parts, state, context.clock);
  const unknownUntil = await unlessSending(async () => {
    for await (const event of partitions(parts.routers, context, state)) {
      if (!('slice' in event)) continue;
      const opened = states.begin(event.slice);
      if (opened) add(event.slice, opened.track);
      if (count >= MOST_COUNTED) return;
    }
  });
  if (unknownUntil !== null) add(placeholder(parts), parts.cursor?.track(null) ?? null);
  const planned: PlannedSlice[] = [];
  for (const slice of slices) planned.push(await firstRequest(context, parts, slice, unknownUntil !== null));
  return { stream: parts.name, slices: planned, count, unknownUntil };
}

/** Does the work; null, or what would have had to be asked for it. */
async function unlessSending(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof WeirError) || error.code !== NOT_SENT) throw error;
    return error.where.stream ?? error.where.url ?? 'the API';
  }
}

function placeholder({ routers }: StreamParts): Slice {
  const fields = routers.flatMap((router) => router.fields);
  return { ...WHOLE_STREAM, partition: Object.fromEntries(fields.map((field) => [field, `{${field}}`])) };
}

async function firstRequest(
  context: ExtractContext,
  parts: StreamParts,
  slice: Slice,
  isUnknown: boolean,
): Promise<PlannedSlice> {
  const key = sliceKey(slice);
  const requester = parts.creation ?? parts.requester;
  const asked = await askedFirst(context, parts, slice);
  if (asked === null || !requester.prepare) return { slice: key, request: null };
  try {
    const { login, ...request } = await requester.prepare(context, asked);
    return { slice: key, request: shown(request), ...(login && { before: `asks ${login} for credentials` }) };
  } catch (error) {
    // Names in braces stand for values that a template may look into.
    if (isUnknown && error instanceof TemplateError) return { slice: key, request: null };
    throw error;
  }
}

/** What the first request is made of: that of a job carries what its own component says and no more. Null where it is unknown. */
async function askedFirst(context: ExtractContext, parts: StreamParts, slice: Slice): Promise<PageRequest | null> {
  if (parts.creation) return { slice, stream: parts.name, parts: [], token: null, page: 1 };
  const named = await withProperties(context, parts, slice);
  return named && pageRequest(parts, named, { token: parts.paginator.first(), page: 1 });
}

/** The slice with the fields that its first request names; null where they would have to be asked for. */
async function withProperties(
  context: ExtractContext,
  { properties }: StreamParts,
  slice: Slice,
): Promise<Slice | null> {
  if (!properties) return slice;
  let names: string[] = [];
  const unknown = await unlessSending(async () => {
    [names = []] = await properties.chunks(context, {});
  });
  return unknown === null ? { ...slice, extra: { ...slice.extra, query_properties: names } } : null;
}

/** Braces of a placeholder are read better as they are. */
function shown({ method, url, headers, body }: Omit<PreparedRequest, 'login'>): NonNullable<PlannedSlice['request']> {
  const readable = url.replaceAll(/%7B(\w+)%7D/gi, '{$1}');
  return { method, url: readable, headers: { ...headers }, ...(body !== undefined && { body }) };
}
