import type { CheckResult, ConfiguredStream } from '#lib/catalog.ts';
import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import type { ManifestStream } from '#lib/manifest/manifest.ts';
import type { StreamReader } from '../families.ts';
import type { ExtractContext } from '../source.ts';
import type { SourceStreams } from '../source-streams.ts';

/** Finds out whether a source can be read. */
export interface Checker {
  /** Values that the config has during the check. */
  readonly overrides: JsonObject;
  check(context: ExtractContext, streams: SourceStreams, config: JsonObject): Promise<CheckResult>;
}

export const OVERRIDES = {
  docs: 'Values that the config has during the check only.',
  types: ['object'] as const,
};

/** The names that begin so belong to whoever runs the connector. */
const RESERVED = '__airbyte';

export function overrideProblems({ config_overrides: overrides }: JsonObject) {
  return Object.keys((overrides as JsonObject | undefined) ?? {})
    .filter((key) => key.startsWith(RESERVED))
    .map((key) => ({ field: 'config_overrides', message: `config_overrides can't set ${key}: it is reserved.` }));
}

/** Reads the first record of each stream, one after the other; the first that can't be read is the answer. */
export async function tryStreams(
  context: ExtractContext,
  streams: SourceStreams,
  tried: readonly ManifestStream[],
): Promise<CheckResult> {
  for (const stream of tried) {
    try {
      await tryStream(context, streams.reader(stream));
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof WeirError && error.code === 'address_refused') throw error;
      const placed = error instanceof WeirError ? error.at({ stream: stream.name }) : error;
      return { ok: false, message: failureText(toFailure(placed)) };
    }
  }
  const names = tried.map(({ name }) => name).join(', ');
  return { ok: true, message: names === '' ? 'The manifest names no stream to test.' : `Read from ${names}.` };
}

async function tryStream(context: ExtractContext, stream: StreamReader): Promise<void> {
  if (stream.check) {
    const { ok, message } = await stream.check(context);
    if (!ok) throw new WeirError({ kind: 'config', code: 'check_failed', message });
    return;
  }
  const configured: ConfiguredStream = {
    stream: await stream.describe(context),
    ...({ syncMode: 'full_refresh', destinationSyncMode: 'append' } as const),
    ...{ cursorField: [], primaryKey: [] },
  };
  const limits = { maxSlices: 1, maxPages: 1 };
  for await (const event of stream.read(context, { stream: configured, state: null, limits }))
    if (event.type === 'page' && event.records.length > 0) return;
}

export function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}
