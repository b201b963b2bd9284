import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import type { Answer, Transformation } from './families.ts';
import type { Found } from './found.ts';
import type { SpooledBody } from './request/spool.ts';
import { type Slice, sliceKey } from './slice.ts';
import type { PageEvent, Reading, StreamParts } from './stream-parts.ts';

/** The page that an answer is: decoded, then as `pageOf`. */
export async function pageEvent(parts: StreamParts, slice: Slice, answer: Answer, reading: Reading & { page: number }) {
  const place = { stream: parts.name, slice: sliceKey(slice), page: reading.page };
  const values = await parts.decoder.decode(answer, place);
  const { isJson, isDocument } = parts.decoder;
  if (isJson) reading.found.look(answer.raw, isDocument ? [answer.body] : values, reading.page);
  return pageOf(parts, slice, { answer, values }, reading);
}

/** An answer as pages of some thousand records, with its bytes at the first; at least one. */
export async function* spooledPages(
  parts: StreamParts,
  slice: Slice,
  answer: Answer,
  body: SpooledBody,
  reading: Reading & { page: number },
) {
  const place = { stream: parts.name, slice: sliceKey(slice), page: reading.page };
  let bytes: number | null = body.bytes;
  try {
    for await (const values of parts.decoder.batches?.(body, place) ?? []) {
      yield pageOf(parts, slice, { answer, values, bytes: bytes ?? 0 }, reading);
      bytes = null;
    }
    if (bytes !== null) yield pageOf(parts, slice, { answer, values: [], bytes }, reading);
  } finally {
    await body.remove();
  }
}

/** Select, filter, transform: in the CDK's order. */
async function pageOf(
  parts: StreamParts,
  slice: Slice,
  { answer, values, bytes = answer.bytes }: { answer: Answer; values: readonly JsonValue[]; bytes?: number },
  reading: Reading & { page: number },
) {
  const { selector, transformations, schema, cursor } = parts;
  const place = { stream: parts.name, slice: sliceKey(slice), page: reading.page };
  const raw = asRecords(await extracted(parts, values, reading.found), place);
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
  const changes = transformations.length > 0;
  // Nothing is awaited where there is nothing to do: most records go through as they are.
  for (const [row, record] of raw.entries()) {
    const change = (old: JsonObject) => transformed(old, transformations, slice, { ...place, row: row + 1 });
    const before = changes && transformFirst ? await change(record) : record;
    if (filters && !(await keeps(before))) continue;
    const after = changes && !transformFirst ? await change(before) : before;
    const final = selector.normalize ? await selector.normalize(after, schema) : after;
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
      bytes,
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
export function answerWith(body: JsonValue): Answer {
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
      const changed = transformation.transform(result, slice);
      result = changed instanceof Promise ? await changed : changed;
    } catch (error) {
      throw error instanceof WeirError ? error.at(where) : error;
    }
  }
  return result;
}

/** A function of the module: V8 would compile one that is made for each page again and again. */
function isNoRecord(value: JsonValue): boolean {
  return !isJsonObject(value);
}

function asRecords(values: readonly JsonValue[], place: { stream: string; page: number }): JsonObject[] {
  const row = values.findIndex(isNoRecord);
  if (row < 0) return values as JsonObject[];
  const value = values[row];
  throw new WeirError({
    kind: 'config',
    code: 'no_record',
    message: `What the record path gives is ${Array.isArray(value) ? 'a list' : JSON.stringify(value)}, not a record.`,
    hint: 'Correct field_path so that it leads to a list of objects; the response in a test of this stream shows where they are.',
    where: { ...place, row: row + 1 },
  });
}
