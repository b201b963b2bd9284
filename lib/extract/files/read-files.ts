import type { CheckResult, StreamState } from '#lib/catalog.ts';
import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { ExtractContext, ReadEvent, ReadRequest } from '../source.ts';
import { fileNotFound, isBadRow, renamed } from './file-errors.ts';
import type { FileStreamOptions } from './file-options.ts';
import { FileVersions } from './file-versions.ts';
import type { OpenFile, Portion } from './formats/format.ts';
import { openFormat } from './formats/index.ts';
import { hasKnown, otherColumns } from './known-columns.ts';
import { openProvider } from './providers/index.ts';
import type { FileEntry, FileProvider } from './providers/provider.ts';
import { fileInPlace, type StagedFile, stageFile } from './stage-file.ts';

/** While a file is fetched, each such part of it is told: a twentieth, where it is known how long it is. */
const TOLD_EVERY_BYTES = 256_000_000;
const TOLD_AT_LEAST_BYTES = 16_000_000;
/** So many files are looked at for columns. */
const MOST_LOOKED_AT = 20;
/** Names of files that are larger than their size says. */
const PACKED = /\.(gz|zst|zip)$/i;

/**
 * Reads the files of a stream, one slice per file. The state names each file with the version that was read:
 * what is unchanged is not read again, what changed is read again as a whole. A full refresh starts over, unless the
 * state is that of a refresh which was interrupted.
 */
export async function* readFiles(
  context: ExtractContext,
  options: FileStreamOptions,
  request: ReadRequest,
): AsyncGenerator<ReadEvent> {
  const provider = openProvider(context, options);
  try {
    const known = knownVersions(request);
    const entries = await listed(provider, options);
    const versions = new FileVersions(entries, known);
    let slices = 0;
    const changed = entries.filter(({ name, version }) => version === null || versions.of(name) !== version);
    const bytesBehind = bytesBehindEach(changed);
    for (const [index, entry] of changed.entries()) {
      context.signal.throwIfAborted();
      if (slices >= (request.limits?.maxSlices ?? Infinity)) return;
      const later = bytesBehind[index] ?? null;
      // What grows faster than it is loaded is copied.
      const inPlace = mayGoWhole(options, request) && !request.filesGrow ? await fileInPlace(provider, entry) : null;
      let version = inPlace && (yield* takenInPlace(options, request, { entry, file: inPlace, later }));
      if (version === null) {
        // Of a file that is only looked at, what is there will do.
        const how = { ...options, mayGrow: request.filesGrow === true || request.limits !== undefined };
        const file = yield* fetchFile(provider, entry, { known: versions.of(entry.name), options: how, later });
        if (!file) continue;
        for (const message of noticesOf(entry.name, file)) yield { type: 'notice', level: 'warn', message };
        yield { type: 'to_come', bytes: sizeOf(file.bytes, later) };
        // Whoever has refused it once would refuse its copy too.
        yield* pagesOf(context, options, { ...request, takesFiles: request.takesFiles && !inPlace }, entry, file);
        version = file.version;
      }
      slices += 1;
      versions.set(entry.name, version);
      yield { type: 'slice_closed', slice: entry.name, state: versions.state(false) };
    }
    yield { type: 'slice_closed', slice: 'all files', state: versions.state(true) };
  } catch (error) {
    throw await inWords(error, provider, options);
  } finally {
    provider.close?.();
  }
}

/** With the stream, and the file as people call it. */
async function inWords(error: unknown, provider: FileProvider, { name }: FileStreamOptions): Promise<unknown> {
  if (!(error instanceof WeirError)) return error;
  const { file } = error.where;
  // Without a name of its own, the file is told as it is called here: the error counts for more.
  const shown = file === undefined ? null : await provider.shownName?.(file).catch(() => null);
  return (shown && file !== undefined ? renamed(error, file, shown) : error).at({ stream: name });
}

/** A file that may go whole is offered where it lies. @returns its version if it was taken; null if it has to be fetched */
async function* takenInPlace(
  options: FileStreamOptions,
  request: ReadRequest,
  { entry, file, later }: { entry: FileEntry; file: StagedFile; later: number | null },
): AsyncGenerator<ReadEvent, string | null> {
  try {
    yield { type: 'to_come', bytes: sizeOf(file.bytes, later) };
    return (yield* givenWhole(options, request, entry, file)) ? file.version : null;
  } finally {
    await file.remove();
  }
}

interface Fetching {
  readonly known: string | null;
  readonly options: FileStreamOptions & { readonly mayGrow: boolean };
  /** Bytes of the files behind it; null where they are not known. */
  readonly later: number | null;
}

/** A private copy of a file; while a long one is fetched, how far that is. */
async function* fetchFile(
  provider: FileProvider,
  entry: FileEntry,
  { known, options, later }: Fetching,
): AsyncGenerator<ReadEvent, StagedFile | null> {
  let now = { bytes: 0, total: null as number | null };
  let told = 0;
  let next = Promise.withResolvers<void>();
  const waits: string[] = [];
  const onWait = (notice: string) => {
    waits.push(notice);
    next.resolve();
  };
  const onBytes = (bytes: number, total: number | null) => {
    now = { bytes, total };
    const step = total === null ? TOLD_EVERY_BYTES : Math.max(total / 20, TOLD_AT_LEAST_BYTES);
    if (bytes - told >= step) next.resolve();
  };
  const staging = stageFile(provider, entry, known, options, { onBytes, onWait });
  let isGiven = false;
  try {
    while (!(await Promise.race([staging.then(() => true), next.promise.then(() => false)]))) {
      next = Promise.withResolvers();
      for (const message of waits.splice(0)) yield { type: 'notice', level: 'warn', message };
      if (now.bytes <= told) continue;
      told = now.bytes;
      const total = now.total === null || PACKED.test(entry.name) ? null : sizeOf(now.total, later);
      yield { type: 'to_come', bytes: total };
      const of = now.total === null ? '' : ` of ${megabytes(now.total)}`;
      yield { type: 'notice', level: 'info', message: `${megabytes(told)}${of} of ${entry.name} are fetched.` };
    }
    isGiven = true;
    for (const message of waits.splice(0)) yield { type: 'notice', level: 'warn', message };
    return await staging;
  } finally {
    if (!isGiven) staging.then((file) => file?.remove()).catch(() => undefined);
  }
}

function noticesOf(name: string, { notice, bytes }: StagedFile): string[] {
  if (notice !== undefined) return [notice];
  return bytes === 0 ? [`${name} is empty: it has no rows, and no header.`] : [];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}

/** Of a file and those that follow it. */
function sizeOf(bytes: number, later: number | null): number | null {
  return later === null ? null : bytes + later;
}

/** For each file, how many bytes those behind it have; null where that is not known. */
function bytesBehindEach(entries: readonly FileEntry[]): (number | null)[] {
  const behind: (number | null)[] = [];
  let sum: number | null = 0;
  for (const { name, bytes } of entries.toReversed()) {
    behind.push(sum);
    sum = sum === null || bytes === null || PACKED.test(name) ? null : sum + bytes;
  }
  return behind.reverse();
}

/** The schema of the first file that has columns. */
export async function discoverFiles(context: ExtractContext, options: FileStreamOptions): Promise<JsonObject> {
  if (options.schema) return options.schema;
  const provider = openProvider(context, options);
  try {
    const all = await listed(provider, options);
    const filled = all.filter(({ bytes }) => bytes !== 0);
    let schema: JsonObject = {};
    for (const entry of (filled.length > 0 ? filled : all).slice(0, MOST_LOOKED_AT)) {
      schema = await schemaIn(provider, entry, options);
      if (Object.keys(schema.properties ?? {}).length > 0) break;
    }
    return schema;
  } catch (error) {
    throw await inWords(error, provider, options);
  } finally {
    provider.close?.();
  }
}

async function schemaIn(provider: FileProvider, entry: FileEntry, options: FileStreamOptions): Promise<JsonObject> {
  const file = await stageFile(provider, entry, null, { ...options, mayGrow: true });
  if (!file) throw fileNotFound(entry.name);
  try {
    return await openFormat(options.format).schema({ name: entry.name, path: file.path, beside: file.beside });
  } finally {
    await file.remove();
  }
}

/** Whether the files can be found and the first of them be read. */
export async function checkFiles(context: ExtractContext, options: FileStreamOptions): Promise<CheckResult> {
  try {
    const schema = await discoverFiles(context, { ...options, schema: undefined } as FileStreamOptions);
    const columns = Object.keys(isJsonObject(schema.properties) ? schema.properties : {}).length;
    return { ok: true, message: `${options.name}: found files with ${columns} columns.` };
  } catch (error) {
    return { ok: false, message: failureText(toFailure(error)) };
  }
}

function mayGoWhole({ format }: FileStreamOptions, { limits, keepRaw, takesFiles }: ReadRequest): boolean {
  return takesFiles === true && !keepRaw && !limits && openFormat(format).straight !== undefined;
}

/** @returns whether the file was taken */
async function* givenWhole(
  options: FileStreamOptions,
  request: ReadRequest,
  { name }: FileEntry,
  { path, beside, assertUnchanged }: StagedFile,
): AsyncGenerator<ReadEvent, boolean> {
  if (!mayGoWhole(options, request)) return false;
  const open = { name, path, beside };
  const file = await openFormat(options.format).straight?.(open, await schemaOf(options, request, open));
  if (!file) return false;
  let isTaken = false;
  const taken = () => {
    isTaken = true;
  };
  yield { type: 'file', slice: name, file: { ...file, ...(assertUnchanged && { assertUnchanged }) }, taken };
  return isTaken;
}

async function schemaOf(options: FileStreamOptions, { stream }: ReadRequest, open: OpenFile): Promise<JsonObject> {
  const { jsonSchema } = stream.stream;
  return jsonSchema.properties ? jsonSchema : (options.schema ?? (await openFormat(options.format).schema(open)));
}

async function* pagesOf(
  { signal }: ExtractContext,
  options: FileStreamOptions,
  request: ReadRequest,
  entry: FileEntry,
  file: StagedFile,
): AsyncGenerator<ReadEvent> {
  const slice = entry.name;
  const { limits, keepRaw } = request;
  let page = 0;
  let left = limits?.maxRecords ?? Infinity;
  try {
    if (yield* givenWhole(options, request, entry, file)) return;
    const open = { name: entry.name, path: file.path, beside: file.beside };
    const format = openFormat(options.format);
    const schema = await schemaOf(options, request, open);
    for await (const { portion, bytes } of withBytes(format.read(open, schema), file.bytes)) {
      const { records: all, skipped = 0, notice } = portion;
      signal.throwIfAborted();
      if (page === 0) assertKnown(entry.name, all, schema);
      if (notice) yield { type: 'notice', level: 'warn', message: notice };
      const records = all.length > left ? all.slice(0, left) : all;
      left -= records.length;
      page += 1;
      const read = records.length + skipped;
      yield { type: 'page', slice, page, records, read, filtered: skipped, bytes, ...(keepRaw && { raw: records }) };
      if (left <= 0 || page >= (limits?.maxPages ?? Infinity)) return;
    }
  } catch (error) {
    if (page > 0 && openFormat(options.format).growsByRows && isBadRow(error)) yield { type: 'slice_cut', slice };
    throw error;
  } finally {
    await file.remove();
  }
}

/** By what its first rows hold. */
function assertKnown(file: string, records: readonly JsonObject[], schema: JsonObject): void {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  if (!hasKnown(columns, schema)) throw otherColumns(file, columns, schema);
}

/** Each portion with its part of the file's bytes, which add up to all of them; where no parts are known, the first has all. */
async function* withBytes(
  portions: AsyncIterable<Portion>,
  total: number,
): AsyncGenerator<{ portion: Portion; bytes: number }> {
  let left = total;
  let held: Portion | null = null;
  try {
    for await (const portion of portions) {
      if (held) {
        const bytes = Math.min(left, held.bytes ?? left);
        left -= bytes;
        yield { portion: held, bytes };
      }
      held = portion;
    }
  } catch (error) {
    // What came before a broken row is given all the same.
    if (held) yield { portion: held, bytes: Math.min(left, held.bytes ?? left) };
    throw error;
  }
  if (held) yield { portion: held, bytes: left };
}

async function listed(provider: FileProvider, { path }: FileStreamOptions): Promise<readonly FileEntry[]> {
  const entries = await provider.list();
  if (entries.length === 0) throw fileNotFound([path].flat().join(', '));
  return entries;
}

/** A state that is complete means nothing to a full refresh: it is what the last one left. */
function knownVersions({ state, stream }: ReadRequest): StreamState & Record<string, string> {
  if (!state || (stream.syncMode === 'full_refresh' && state.complete === true)) return {};
  return isJsonObject(state.files ?? null) ? (state.files as StreamState & Record<string, string>) : {};
}
