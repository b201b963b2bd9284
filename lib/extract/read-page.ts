import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Answer, PageRequest, PageToken } from './families.ts';
import { answerWith, pageEvent, spooledPages } from './page-of-records.ts';
import { mergeRecords } from './properties/merge-records.ts';
import { type Slice, sliceKey } from './slice.ts';
import type { ExtractContext } from './source.ts';
import type { PageEvent, Reading, StreamParts } from './stream-parts.ts';

/** A page as it was read, and what the pagination has to know of it. */
export type Page = Awaited<ReturnType<typeof pageEvent>> & { readonly ended?: boolean };

type PageReading = Reading & { token: PageToken | null; page: number };

/** A page of records, a large one in several pieces; nothing at the end. Where its fields come in several answers they are put together. */
export async function* readPage(
  context: ExtractContext,
  parts: StreamParts,
  slice: Slice,
  reading: PageReading,
): AsyncGenerator<Page> {
  if (reading.page === 1 && slice.firstPage !== undefined) {
    yield await pageEvent(parts, slice, answerWith(slice.firstPage), reading);
    return;
  }
  if (parts.properties) {
    const page = await readInPieces(context, parts, parts.properties, slice, reading);
    if (page) yield page;
    return;
  }
  const answer = await fetchPage(context, parts, slice, reading);
  if (answer?.file) yield* spooledPages(parts, slice, answer, answer.file, reading);
  else if (answer) yield await pageEvent(parts, slice, answer, reading);
}

/** The fields of a page are asked for in several requests. */
async function readInPieces(
  context: ExtractContext,
  parts: StreamParts,
  properties: NonNullable<StreamParts['properties']>,
  slice: Slice,
  reading: PageReading,
): Promise<Page | null> {
  const { token, page, catalog } = reading;
  const pages: Page[] = [];
  let ended = false;
  for (const names of await properties.chunks(context, catalog)) {
    const ofNames = { ...slice, extra: { ...slice.extra, query_properties: names } };
    const answer = await fetchPage(context, parts, ofNames, { token, page });
    if (answer) pages.push(await pageEvent(parts, ofNames, answer, reading));
    ended = answer === null;
  }
  const [last] = pages.slice(-1);
  return last ? { ...last, ...joinedPages(pages, properties.mergeKey), ended } : null;
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
  // Downloads of jobs are what is large.
  const spools = parts.pieces !== undefined && parts.decoder.batches !== undefined;
  return {
    ...{ slice, parts: [paginator.parts(token, slice), ...ofSlice, ...named], token, page, stream: name },
    ...(spools && { spools }),
  };
}
