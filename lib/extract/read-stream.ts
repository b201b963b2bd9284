import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import { printed } from '#lib/manifest/template/interpolate.ts';
import type { Concurrency } from './concurrency/concurrency.ts';
import { inTurn } from './concurrency/lanes.ts';
import { stoppable } from './concurrency/stoppable.ts';
import type {
  Answer,
  Cursor,
  FileUploader,
  PageRequest,
  PageToken,
  Retriever,
  StateMigration,
  Stretch,
  Transformation,
} from './families.ts';
import { Restarts } from './pagination/pagination-reset.ts';
import { mergeRecords } from './properties/merge-records.ts';
import { RESET_PAGINATION } from './request/http-sender.ts';
import { normalize } from './select/normalize.ts';
import { type Slice, sliceKey } from './slice.ts';
import type { ExtractContext, ReadEvent, ReadLimits, ReadRequest } from './source.ts';
import { type OpenPartition, StreamStates } from './stream-states.ts';
import { type Work, WorkList } from './work-list.ts';

/** Pages of one slice; an API that never ends is stopped here. */
const MOST_PAGES = 100_000;
/** Slices that were read to their end and wait for an older one of their partition; then no further one is begun. */
const MOST_WAITING = 256;

/** A stream's components, made for one config. */
export interface StreamParts extends Retriever {
  readonly name: string;
  readonly transformations: readonly Transformation[];
  readonly cursor: Cursor | null;
  readonly uploader?: FileUploader;
  /** Done to an old state before it is read. */
  readonly migrations: readonly StateMigration[];
  readonly concurrency: Concurrency;
  readonly schema: JsonObject;
  readonly now: () => Date;
}

/**
 * The one loop: partitions → slices → pages. Several slices are read at once and give their pages in turn; a slice is closed once
 * all its pages have been given out, and those of one partition in their order, so that no state is ahead of the records.
 */
export async function* readStream(
  outer: ExtractContext,
  parts: StreamParts,
  { stream, state: given, limits = {}, keepRaw = false }: ReadRequest,
): AsyncIterable<ReadEvent> {
  const state = parts.migrations.reduce((old, migration) => old && migration.migrate(old, parts), given);
  const states = new StreamStates(parts, state, outer.clock);
  const found = new Found(parts.selector.extractor.path);
  // A test read shows what it asks for: nothing is fetched before it is wanted.
  const eager = outer.eager !== false && Object.keys(limits).length === 0;
  const { context, stop } = stoppable({ ...outer, eager });
  const work = new WorkList(context, parts, { states, state, mostSlices: limits.maxSlices });
  let recordsLeft = limits.maxRecords ?? Number.POSITIVE_INFINITY;
  let last: StreamState | null = null;
  const turns = inTurn<Work, PageEvent>({
    items: work.items(),
    read: ({ slice, stretch, partition }) =>
      readSlice(context, parts, slice, {
        stretch,
        partition,
        limits,
        keepRaw,
        found,
        catalog: stream.stream.jsonSchema,
      })[Symbol.asyncIterator](),
    width: eager ? Math.max(parts.concurrency.width, parts.leastWidth ?? 1) : 1,
    ahead: eager,
    mayBegin: () => states.waiting < MOST_WAITING,
    stop,
  });
  for await (const turn of turns) {
    if ('result' in turn) {
      yield turn.result;
      recordsLeft -= turn.result.records.length;
      if (recordsLeft <= 0) return;
    } else
      for (const closed of states.close(turn.item.partition, turn.item.stretch)) {
        last = closed.state;
        yield { type: 'slice_closed', slice: closed.name, state: closed.state };
      }
  }
  if (work.cut) return;
  for (const message of [...work.notices, states.notice, found.notice()])
    if (message) yield { type: 'notice', level: 'warn', message };
  const final = states.finish();
  if (last === null || stringifyJson(final) !== stringifyJson(last))
    yield { type: 'slice_closed', slice: 'end', state: final };
}

interface Reading {
  readonly stretch: Stretch;
  readonly partition: OpenPartition;
  readonly limits: ReadLimits;
  readonly keepRaw: boolean;
  readonly found: Found;
  /** The schema of the stream as it is configured. */
  readonly catalog: JsonObject;
}

type PageEvent = Extract<ReadEvent, { type: 'page' }>;

/** A slice's pages; those of its pieces one after the other where it has some. */
async function* readSlice(
  context: ExtractContext,
  parts: StreamParts,
  slice: Slice,
  reading: Reading,
): AsyncIterable<PageEvent> {
  if (!parts.pieces) {
    yield* readPages(context, parts, slice, reading);
    return;
  }
  try {
    for await (const piece of parts.pieces(context, slice, parts.name))
      yield* readPages(context, parts, piece, reading);
  } catch (error) {
    throw error instanceof WeirError ? error.at({ stream: parts.name, slice: sliceKey(slice) }) : error;
  }
}

async function* readPages(
  context: ExtractContext,
  parts: StreamParts,
  slice: Slice,
  reading: Reading,
): AsyncIterable<PageEvent> {
  const key = sliceKey(slice);
  const place = { stream: parts.name, slice: key };
  const restarts = new Restarts(parts.reset, parts.cursor, slice);
  let current = slice;
  let token = parts.paginator.first();
  const fresh = () => new Set(token === null ? [] : [printed(token)]);
  let seen = fresh();
  const beginAnew = () => {
    current = restarts.next();
    token = parts.paginator.first();
    seen = fresh();
  };
  const mostPages = Math.min(reading.limits.maxPages ?? MOST_PAGES, MOST_PAGES);
  for (let page = 1; page <= mostPages; page++) {
    const read = await readPage(context, parts, current, { ...reading, token, page }).catch(resetOrThrow);
    if (read === null) return;
    if (read === RESET) {
      beginAnew();
      continue;
    }
    const { event, records, rawCount, reachedOld, ended, seen: answer } = read;
    const files = await filesOf(context, parts, event.records, reading.limits);
    yield { ...event, ...files, slice: key, partition: slice.partition };
    if (reachedOld || ended) return;
    restarts.observe(records);
    if (restarts.isDue) {
      beginAnew();
      continue;
    }
    const next = parts.paginator.next({ answer, records, rawCount }, token);
    if (next === null) return;
    token = next;
    const name = printed(next);
    if (seen.has(name)) throw noProgress(name, { ...place, page });
    seen.add(name);
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

/** A test of a stream shows its records; it downloads nothing. */
async function filesOf(
  context: ExtractContext,
  { uploader, name }: StreamParts,
  records: readonly JsonObject[],
  limits: ReadLimits,
): Promise<Pick<PageEvent, 'files'>> {
  if (!uploader || Object.keys(limits).length > 0) return {};
  const files = [];
  for (const record of records) files.push(await uploader.upload(context, record, name));
  return { files };
}

const RESET = 'reset';

/** An answer may ask for the slice's first page again. */
function resetOrThrow(error: unknown): typeof RESET {
  if (error instanceof WeirError && error.code === RESET_PAGINATION) return RESET;
  throw error;
}

type Page = Awaited<ReturnType<typeof pageEvent>> & { readonly ended?: boolean };

/** A page of records; null at the end. Where its fields come in several answers they are put together. */
async function readPage(
  context: ExtractContext,
  parts: StreamParts,
  slice: Slice,
  reading: Reading & { token: PageToken | null; page: number },
): Promise<Page | null> {
  const { token, page, catalog } = reading;
  if (page === 1 && slice.firstPage !== undefined) return pageEvent(parts, slice, answerWith(slice.firstPage), reading);
  if (!parts.properties) {
    const answer = await fetchPage(context, parts, slice, { token, page });
    return answer && pageEvent(parts, slice, answer, reading);
  }
  const pages: Page[] = [];
  let ended = false;
  for (const names of await parts.properties.chunks(context, catalog)) {
    const ofNames = { ...slice, extra: { ...slice.extra, query_properties: names } };
    const answer = await fetchPage(context, parts, ofNames, { token, page });
    if (answer) pages.push(await pageEvent(parts, ofNames, answer, reading));
    ended = answer === null;
  }
  const [last] = pages.slice(-1);
  return last ? { ...last, ...joinedPages(pages, parts.properties.mergeKey), ended } : null;
}

/** The records of several answers as those of one page; what was merged away counts neither as read nor as filtered. */
function joinedPages(pages: readonly Page[], mergeKey: ((record: JsonObject) => string | null) | null) {
  const join = (lists: (readonly JsonObject[])[]) => (mergeKey ? mergeRecords(lists, mergeKey) : lists.flat());
  const sum = (of: (event: PageEvent) => number) => pages.reduce((total, { event }) => total + of(event), 0);
  const records = join(pages.map(({ event }) => event.records));
  const filtered = sum((event) => event.filtered);
  const [first] = pages;
  return {
    records: join(pages.map((page) => page.records)),
    event: {
      ...(first as Page).event,
      ...{ records, filtered, read: records.length + filtered, bytes: sum((event) => event.bytes) },
      ...(first?.event.raw && { raw: pages.flatMap(({ event }) => event.raw ?? []) }),
    },
  };
}

async function fetchPage(
  context: ExtractContext,
  parts: StreamParts,
  slice: Slice,
  { token, page }: { token: PageToken | null; page: number },
): Promise<Answer | null> {
  try {
    return await parts.concurrency.gate.run(() =>
      parts.requester.send(context, pageRequest(parts, slice, { token, page })),
    );
  } catch (error) {
    throw error instanceof WeirError ? error.at({ stream: parts.name, slice: sliceKey(slice), page }) : error;
  }
}

/** What a page of a slice is asked with. */
export function pageRequest(
  parts: StreamParts,
  slice: Slice,
  { token, page }: { token: PageToken | null; page: number },
): PageRequest {
  const { cursor, routers, paginator, name, sliceOnFirstPageOnly } = parts;
  const ofSlice =
    parts.pieces || (sliceOnFirstPageOnly && token !== null)
      ? []
      : [...routers.map((router) => router.parts(slice)), ...(cursor ? [cursor.parts(slice)] : [])];
  const named = parts.properties ? [parts.properties.parts(slice)] : [];
  return { slice, parts: [paginator.parts(token, slice), ...ofSlice, ...named], token, page, stream: name };
}

/** Decode, select, filter, transform: in the CDK's order. */
async function pageEvent(parts: StreamParts, slice: Slice, answer: Answer, reading: Reading & { page: number }) {
  const { selector, transformations, schema, cursor } = parts;
  const place = { stream: parts.name, slice: sliceKey(slice), page: reading.page };
  const values = await parts.decoder.decode(answer, place);
  const raw = (await extracted(parts, values, reading.found)).map((record, row) =>
    asRecord(record, { ...place, row: row + 1 }),
  );
  const { track } = reading.partition;
  const transformFirst = selector.transformFirst ?? cursor?.clientSide === true;
  // A data feed leaves out what is known only after the paging has seen it: that is how it notices where to stop.
  const feed = cursor?.isDataFeed === true;
  const isWanted = (record: JsonObject) => track?.isNew(record) ?? true;
  const keeps = async (record: JsonObject) =>
    (feed || cursor?.clientSide !== true || isWanted(record)) &&
    (!selector.filter || (await selector.filter.keeps(record, slice, reading.partition.state)));
  const filters = selector.filter !== null || cursor?.clientSide === true;
  const selected: JsonObject[] = [];
  const records: JsonObject[] = [];
  const kept: JsonObject[] = [];
  for (const [row, record] of raw.entries()) {
    const where = { ...place, row: row + 1 };
    const before = transformFirst ? await transformed(record, transformations, slice, where) : record;
    if (filters && !(await keeps(before))) continue;
    const after = transformFirst ? before : await transformed(before, transformations, slice, where);
    const final = selector.normalizes ? normalize(after, schema) : after;
    selected.push(final);
    if (feed && !isWanted(final)) continue;
    track?.observe(final, reading.stretch);
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
  const last = selected.at(-1);
  return {
    event,
    records: selected,
    rawCount: raw.length,
    reachedOld: feed && last !== undefined && track?.isOld(last),
    seen: parts.decoder.isDocument ? asDocument(answer, values) : answer,
  };
}

/** The answer as templates of pages see it: as its decoder reads it. */
function asDocument({ status, headers, raw, bytes }: Answer, [body = {}]: readonly JsonValue[]): Answer {
  return { status, headers, raw, bytes, body };
}

/** A page that came with the parent record instead of an answer of its own. */
function answerWith(body: JsonValue): Answer {
  return { status: 200, headers: {}, body, raw: Buffer.from(stringifyJson(body)), bytes: 0 };
}

async function extracted(parts: StreamParts, values: readonly JsonValue[], found: Found): Promise<JsonValue[]> {
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

function noProgress(token: string, where: object): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'no_progress',
    message: `The pages go round in circles: the token ${JSON.stringify(token.slice(0, 80))} came before.`,
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
