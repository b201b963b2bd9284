import type { CheckResult, StreamState } from '#lib/catalog.ts';
import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { ExtractContext, ReadEvent, ReadRequest } from '../source.ts';
import { fileNotFound, isBadRow } from './file-errors.ts';
import type { FileStreamOptions } from './file-options.ts';
import type { Portion } from './formats/format.ts';
import { openFormat } from './formats/index.ts';
import { openProvider } from './providers/index.ts';
import type { FileEntry, FileProvider } from './providers/provider.ts';
import { type StagedFile, stageFile } from './stage-file.ts';

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
      const file = yield* fetchFile(provider, entry, { known: known[entry.name] ?? null, options, later });
      if (!file) continue;
      slices += 1;
      yield { type: 'to_come', bytes: sizeOf(file.bytes, later) };
      yield* pagesOf(context, options, request, entry, file);
      versions[entry.name] = file.version;
      yield { type: 'slice_closed', slice: entry.name, state: { complete: false, files: { ...versions } } };
    }
    yield { type: 'slice_closed', slice: 'all files', state: { complete: true, files: versions } };
  } catch (error) {
    throw error instanceof WeirError ? error.at({ stream: options.name }) : error;
  } finally {
    provider.close?.();
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
      return await openFormat(options.format).schema({ name: first.name, path: file.path });
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

async function* pagesOf(
  { signal }: ExtractContext,
  options: FileStreamOptions,
  { stream, limits, keepRaw, takesFiles }: ReadRequest,
  entry: FileEntry,
  file: StagedFile,
): AsyncGenerator<ReadEvent> {
  const slice = entry.name;
  let page = 0;
  let left = limits?.maxRecords ?? Infinity;
  try {
    const open = { name: entry.name, path: file.path };
    const format = openFormat(options.format);
    const { properties } = stream.stream.jsonSchema;
    const schema = properties ? stream.stream.jsonSchema : (options.schema ?? (await format.schema(open)));
    const whole = takesFiles && !keepRaw && !limits ? await format.straight?.(open, schema) : null;
    if (whole) {
      let isTaken = false;
      const taken = () => {
        isTaken = true;
      };
      yield { type: 'file', slice, file: whole, taken };
      if (isTaken) return;
    }
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
