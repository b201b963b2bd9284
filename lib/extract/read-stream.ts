import type { StreamState } from '#lib/catalog.ts';
import { WeirError } from '#lib/errors.ts';
import { type JsonObject, stringifyJson } from '#lib/json.ts';
import { inTurn } from './concurrency/lanes.ts';
import { stoppable } from './concurrency/stoppable.ts';
import type { Answer, PageEnd } from './families.ts';
import { Found } from './found.ts';
import { PageProgress } from './pagination/page-progress.ts';
import { Restarts } from './pagination/pagination-reset.ts';
import { type Page, readPage } from './read-page.ts';
import { RESET_PAGINATION } from './request/http-sender.ts';
import { type Slice, sliceKey } from './slice.ts';
import type { ExtractContext, ReadEvent, ReadLimits, ReadRequest } from './source.ts';
import type { PageEvent, Reading, StreamParts } from './stream-parts.ts';
import { StreamStates } from './stream-states.ts';
import { type Work, WorkList } from './work-list.ts';

/** Pages of one slice, where the operator says nothing else; an API that never ends is stopped here. */
const MOST_PAGES = 100_000;
/** Slices that were read to their end and wait for an older one of their partition; then no further one is begun. */
const MOST_WAITING = 256;

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
  for (const message of [...work.notices, states.notice, ...found.notices()])
    if (message) yield { type: 'notice', level: 'warn', message };
  const final = states.finish();
  if (last === null || stringifyJson(final) !== stringifyJson(last))
    yield { type: 'slice_closed', slice: 'end', state: final };
}

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
  let progress = new PageProgress(token);
  const beginAnew = () => {
    current = restarts.next();
    token = parts.paginator.first();
    progress = new PageProgress(token);
  };
  const limit = context.mostPages ?? MOST_PAGES;
  const mostPages = Math.min(reading.limits.maxPages ?? limit, limit);
  for (let page = 1; page <= mostPages; page++) {
    const end = new EndOfPage();
    try {
      for await (const read of readPage(context, parts, current, { ...reading, token, page })) {
        const { event } = read;
        const files = await filesOf(context, parts, event.records, reading.limits);
        yield { ...event, ...files, slice: key, partition: slice.partition };
        if (read.reachedOld || read.ended) return;
        restarts.observe(read.records);
        end.add(read);
      }
    } catch (error) {
      if (!asksForReset(error)) throw error;
      beginAnew();
      continue;
    }
    if (end.answer === null) return;
    if (restarts.isDue) {
      beginAnew();
      continue;
    }
    const next = parts.paginator.next({ ...end.counted, answer: end.answer }, token);
    if (next === null) return;
    progress.goOn(end.answer, end.counted.rawCount, next, { ...place, page });
    token = next;
  }
  if (reading.limits.maxPages === undefined)
    throw new WeirError({
      kind: 'terminal',
      code: 'too_many_pages',
      message: `The pages did not end after ${limit}.`,
      hint: 'Check the stop condition of the pagination, or make the slices smaller; WEIR_MOST_PAGES sets the limit.',
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

/** An answer may ask for the slice's first page again. */
function asksForReset(error: unknown): boolean {
  return error instanceof WeirError && error.code === RESET_PAGINATION;
}

/** What the pagination is told of a page, which may have come in pieces. */
class EndOfPage {
  answer: Answer | null = null;
  counted: Omit<PageEnd, 'answer'> = { count: 0, lastRecord: null, rawCount: 0 };

  add({ seen, records, rawCount }: Pick<Page, 'seen' | 'records' | 'rawCount'>): void {
    this.answer = seen;
    this.counted = {
      count: this.counted.count + records.length,
      lastRecord: records.at(-1) ?? this.counted.lastRecord,
      rawCount: this.counted.rawCount + rawCount,
    };
  }
}
