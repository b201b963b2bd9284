import type { CheckResult, StreamState } from '#lib/catalog.ts';
import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { ExtractContext, ReadEvent, ReadRequest } from '../source.ts';
import { fileNotFound, isBadRow } from './file-errors.ts';
import type { FileStreamOptions } from './file-options.ts';
import type { OpenFile, Portion } from './formats/format.ts';
import { openFormat } from './formats/index.ts';
import { openProvider } from './providers/index.ts';
import type { FileEntry, FileProvider } from './providers/provider.ts';
import { fileInPlace, type StagedFile, stageFile } from './stage-file.ts';

/** While a file is fetched, each such part of it is told: a twentieth, where it is known how long it is. */
const TOLD_EVERY_BYTES = 256_000_000;
const TOLD_AT_LEAST_BYTES = 16_000_000;
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
    const versions: Record<string, string> = {};
    for (const { name } of entries) if (known[name]) versions[name] = known[name];
    let slices = 0;
    const changed = entries.filter(({ name, version }) => version === null || known[name] !== version);
    for (const [index, entry] of changed.entries()) {
      context.signal.throwIfAborted();
      if (slices >= (request.limits?.maxSlices ?? Infinity)) return;
      const later = changed.slice(index + 1);
      const inPlace = mayGoWhole(options, request) ? await fileInPlace(provider, entry) : null;
      let version = inPlace && (yield* takenInPlace(options, request, { entry, file: inPlace, later }));
      if (version === null) {
        const file = yield* fetchFile(provider, entry, { known: known[entry.name] ?? null, options, later });
        if (!file) continue;
        yield { type: 'to_come', bytes: sizeOf(file.bytes, later) };
        // Whoever has refused it once would refuse its copy too.
        yield* pagesOf(context, options, { ...request, takesFiles: request.takesFiles && !inPlace }, entry, file);
        version = file.version;
      }
      slices += 1;
      versions[entry.name] = version;
      yield { type: 'slice_closed', slice: entry.name, state: { complete: false, files: { ...versions } } };
    }
    yield { type: 'slice_closed', slice: 'all files', state: { complete: true, files: versions } };
  } catch (error) {
    throw error instanceof WeirError ? error.at({ stream: options.name }) : error;
  } finally {
    provider.close?.();
  }
}

/** A file that may go whole is offered where it lies. @returns its version if it was taken; null if it has to be fetched */
async function* takenInPlace(
  options: FileStreamOptions,
  request: ReadRequest,
  { entry, file, later }: { entry: FileEntry; file: StagedFile; later: readonly FileEntry[] },
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
  readonly options: FileStreamOptions;
  readonly later: readonly FileEntry[];
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
  const staging = stageFile(provider, entry, known, options, (bytes, total) => {
    now = { bytes, total };
    const step = total === null ? TOLD_EVERY_BYTES : Math.max(total / 20, TOLD_AT_LEAST_BYTES);
    if (bytes - told >= step) next.resolve();
  });
  let isGiven = false;
  try {
    while (!(await Promise.race([staging.then(() => true), next.promise.then(() => false)]))) {
      told = now.bytes;
      next = Promise.withResolvers();
      const total = now.total === null || PACKED.test(entry.name) ? null : sizeOf(now.total, later);
      yield { type: 'to_come', bytes: total };
      const of = now.total === null ? '' : ` of ${megabytes(now.total)}`;
      yield { type: 'notice', level: 'info', message: `${megabytes(told)}${of} of ${entry.name} are fetched.` };
    }
    isGiven = true;
    return await staging;
  } finally {
    if (!isGiven) staging.then((file) => file?.remove()).catch(() => undefined);
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}

/** Of a file and those that follow it. */
function sizeOf(bytes: number, later: readonly FileEntry[]): number | null {
  let sum = bytes;
  for (const { name, bytes: size } of later) {
    if (size === null || PACKED.test(name)) return null;
    sum += size;
  }
  return sum;
}

/** The schema of the first file. */
export async function discoverFiles(context: ExtractContext, options: FileStreamOptions): Promise<JsonObject> {
  if (options.schema) return options.schema;
  const provider = openProvider(context, options);
  try {
    const [first] = await listed(provider, options);
    const file = first && (await stageFile(provider, first, null, options));
    if (!file) throw fileNotFound([options.path].flat().join(', '));
    try {
      return await openFormat(options.format).schema({ name: first.name, path: file.path, beside: file.beside });
    } finally {
      await file.remove();
    }
  } catch (error) {
    throw error instanceof WeirError ? error.at({ stream: options.name }) : error;
  } finally {
    provider.close?.();
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
