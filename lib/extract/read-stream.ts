import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Answer, Cursor, CursorTrack, PageToken, Retriever, Transformation } from './families.ts';
import { partitions } from './partition/partitions.ts';
import { normalize } from './select/normalize.ts';
import { type Slice, sliceKey } from './slice.ts';
import type { ExtractContext, ReadEvent, ReadLimits, ReadRequest } from './source.ts';
import { StreamStates } from './stream-states.ts';

/** Pages of one slice; an API that never ends is stopped here. */
const MOST_PAGES = 100_000;

/** A stream's components, made for one config. */
export interface StreamParts extends Retriever {
  readonly name: string;
  readonly transformations: readonly Transformation[];
  readonly cursor: Cursor | null;
  readonly globalCursor: boolean;
  readonly schema: JsonObject;
  readonly now: () => Date;
}

/** The one loop: partitions → slices → pages. A slice is closed once all its pages have been given out. */
export async function* readStream(
  context: ExtractContext,
  parts: StreamParts,
  { state, limits = {}, keepRaw = false }: ReadRequest,
): AsyncIterable<ReadEvent> {
  const states = new StreamStates(parts, state, context.clock);
  const budget = {
    slices: limits.maxSlices ?? Number.POSITIVE_INFINITY,
    records: limits.maxRecords ?? Number.POSITIVE_INFINITY,
  };
  const found = new Found(parts.selector.extractor.path);
  for await (const partition of partitions(parts.routers, context)) {
    const track = states.track(partition);
    const stretches = parts.cursor
      ? parts.cursor.stretches(states.of(partition), states.lookbackSeconds(partition))
      : [{}];
    for (const cursor of stretches) {
      if (budget.slices-- <= 0) return;
      const slice = { ...partition, cursor };
      const key = sliceKey(slice);
      for await (const page of readSlice(context, parts, slice, {
        track,
        state: states.of(partition),
        limits,
        keepRaw,
        found,
      })) {
        yield page;
        budget.records -= page.records.length;
        if (budget.records <= 0) return;
      }
      yield { type: 'slice_closed', slice: key, state: states.close(partition, track, cursor) };
    }
  }
  const absent = found.notice();
  if (absent) yield { type: 'notice', level: 'warn', message: absent };
  if (states.final) yield { type: 'slice_closed', slice: 'end', state: states.final };
}

interface Reading {
  readonly track: CursorTrack | null;
  readonly state: StreamState | null;
  readonly limits: ReadLimits;
  readonly keepRaw: boolean;
  readonly found: Found;
}

type PageEvent = Extract<ReadEvent, { type: 'page' }>;

/** A slice's pages; those of its pieces one after the other where it has some. */
async function* readSlice(
  context: ExtractContext,
  parts: StreamParts,
  slice: Slice,
  reading: Reading,
): AsyncIterable<PageEvent> {
  if (!parts.pieces) yield* readPages(context, parts, slice, reading);
  else for await (const piece of parts.pieces(context, slice)) yield* readPages(context, parts, piece, reading);
}

async function* readPages(
  context: ExtractContext,
  parts: StreamParts,
  slice: Slice,
  reading: Reading,
): AsyncIterable<PageEvent> {
  const key = sliceKey(slice);
  const place = { stream: parts.name, slice: key };
  let token = parts.paginator.first();
  const seen = new Set<PageToken | null>([token]);
  const mostPages = Math.min(reading.limits.maxPages ?? MOST_PAGES, MOST_PAGES);
  for (let page = 1; page <= mostPages; page++) {
    const answer = await fetchPage(context, parts, slice, { token, page });
    if (answer === null) return;
    const { event, rawCount, old } = await pageEvent(parts, slice, answer, { ...reading, page });
    yield { ...event, slice: key };
    if (old) return;
    const next = parts.paginator.next({ answer, records: event.records, rawCount }, token);
    if (next === null) return;
    if (seen.has(next)) throw noProgress(next, { ...place, page });
    seen.add(next);
    token = next;
  }
  if (reading.limits.maxPages === undefined)
    throw new WeirError({
      kind: 'terminal',
      code: 'too_many_pages',
      message: `The pages did not end after ${MOST_PAGES}.`,
      hint: 'Check the stop condition of the pagination, or make the slices smaller.',
      where: place,
    });
}

async function fetchPage(
  context: ExtractContext,
  parts: StreamParts,
  slice: Slice,
  { token, page }: { token: PageToken | null; page: number },
): Promise<Answer | null> {
  const { cursor, routers, paginator, requester, name, sliceOnFirstPageOnly } = parts;
  const ofSlice =
    parts.pieces || (sliceOnFirstPageOnly && token !== null)
      ? []
      : [...routers.map((router) => router.parts(slice)), ...(cursor ? [cursor.parts(slice)] : [])];
  try {
    return await requester.send(context, {
      slice,
      parts: [paginator.parts(token, slice), ...ofSlice],
      token,
      page,
      stream: name,
    });
  } catch (error) {
    throw error instanceof WeirError ? error.at({ stream: name, slice: sliceKey(slice), page }) : error;
  }
}

/** Decode, select, filter, transform: in the CDK's order. */
async function pageEvent(parts: StreamParts, slice: Slice, answer: Answer, reading: Reading & { page: number }) {
  const { selector, transformations, schema, cursor } = parts;
  const place = { stream: parts.name, slice: sliceKey(slice), page: reading.page };
  const raw = (await extracted(parts, answer, place, reading.found)).map((record, row) =>
    asRecord(record, { ...place, row: row + 1 }),
  );
  const transformFirst = selector.transformFirst || cursor?.clientSide === true;
  const keeps = (record: JsonObject) =>
    (selector.filter?.keeps(record, slice, reading.state) ?? true) &&
    (cursor?.clientSide !== true || (reading.track?.isNew(record) ?? true));
  const records: JsonObject[] = [];
  const kept: JsonObject[] = [];
  let old = false;
  for (const [row, record] of raw.entries()) {
    const before = transformFirst
      ? await transformed(record, transformations, slice, { ...place, row: row + 1 })
      : record;
    if (cursor?.isDataFeed && reading.track && !reading.track.isNew(before)) old = true;
    if (!keeps(before)) continue;
    const after = transformFirst
      ? before
      : await transformed(before, transformations, slice, { ...place, row: row + 1 });
    const final = selector.normalizes ? normalize(after, schema) : after;
    reading.track?.observe(final);
    records.push(final);
    kept.push(record);
  }
  const event: PageEvent = {
    ...{
      type: 'page',
      slice: '',
      page: reading.page,
      records,
      read: raw.length,
      filtered: raw.length - records.length,
      bytes: answer.bytes,
    },
    ...(reading.keepRaw && { raw: kept }),
  };
  return { event, rawCount: raw.length, old };
}

async function extracted(
  parts: StreamParts,
  answer: Answer,
  place: { stream: string; page: number },
  found: Found,
): Promise<JsonValue[]> {
  const values = await parts.decoder.decode(answer, place);
  const records: JsonValue[] = [];
  for (const value of values) {
    const some = await parts.selector.extractor.extract(value);
    if (some.length === 0) found.miss(value);
    else found.hit();
    for (const record of some) records.push(record);
  }
  return records;
}

async function transformed(
  record: JsonObject,
  transformations: readonly Transformation[],
  slice: Slice,
  where: object,
): Promise<JsonObject> {
  let result = record;
  for (const transformation of transformations) {
    try {
      result = await transformation.transform(result, slice);
    } catch (error) {
      throw error instanceof WeirError ? error.at(where) : error;
    }
  }
  return result;
}

function asRecord(value: JsonValue, where: { stream: string; page: number; row: number }): JsonObject {
  if (isJsonObject(value)) return value;
  throw new WeirError({
    kind: 'config',
    code: 'no_record',
    message: `What the record path gives is ${Array.isArray(value) ? 'a list' : JSON.stringify(value)}, not a record.`,
    hint: 'Correct field_path so that it leads to a list of objects; the response in a test of this stream shows where they are.',
    where,
  });
}

function noProgress(token: PageToken, where: object): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'no_progress',
    message: `The pages go round in circles: the token ${JSON.stringify(String(token).slice(0, 80))} came before.`,
    hint: 'Check the value and the stop condition of the pagination; some APIs repeat the last page for ever.',
    where,
  });
}

/** Notices when a record path leads nowhere on every page, and what was there instead. */
class Found {
  readonly #path: string;
  #hits = 0;
  #keys: string[] | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  hit(): void {
    this.#hits++;
  }

  miss(body: JsonValue): void {
    const keys = isJsonObject(body) ? Object.keys(body) : [];
    const [first = ''] = this.#path.split('.');
    if (this.#path !== '' && !keys.includes(first) && keys.length > 0) this.#keys ??= keys;
  }

  notice(): string | null {
    if (this.#hits > 0 || this.#keys === null) return null;
    return `No page had records at ${this.#path}; the answer had ${this.#keys.slice(0, 10).join(', ')}.`;
  }
}
