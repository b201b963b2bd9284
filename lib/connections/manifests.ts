import type { Issue } from '#lib/errors.ts';
import { language } from '#lib/extract/kinds.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { manifestJsonSchema } from '#lib/manifest/json-schema.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { readWeirBlock } from '#lib/manifest/weir-block.ts';

/** What the service keeps and shows of a manifest: the engine's own business stays inside `compiled`. */
export interface ManifestReading {
  readonly issues: readonly Issue[];
  /** What a child process reads; null when the issues are errors. */
  readonly compiled: JsonObject | null;
  /** It carries tests. */
  readonly hasTests: boolean;
}

/** Longer manifests are refused unread. */
export const MANIFEST_BYTES = 2_000_000;

export function readManifest(text: string): ManifestReading {
  if (Buffer.byteLength(text) > MANIFEST_BYTES)
    return {
      issues: [{ message: `A manifest takes at most ${MANIFEST_BYTES / 1e6} MB.` }],
      compiled: null,
      hasTests: false,
    };
  const { issues, manifest } = parseManifest(text, language);
  if (manifest === null) return { issues, compiled: null, hasTests: false };
  // Reading the text once more is spared those that name none.
  const hasTests = /\btests\b/.test(text) && readWeirBlock(text).tests.length > 0;
  return { issues, compiled: manifest as unknown as JsonObject, hasTests };
}

/** The JSON schema of the config and the names of the streams, as the pages need them. */
export function describeCompiled(compiled: JsonObject): { spec: JsonObject; streams: string[] } {
  const spec = isJsonObject(compiled.spec) ? compiled.spec.connectionSpecification : undefined;
  const streams = Array.isArray(compiled.streams) ? compiled.streams : [];
  return {
    spec: isJsonObject(spec) ? spec : { type: 'object', properties: {} },
    streams: streams.flatMap((stream) =>
      isJsonObject(stream) && typeof stream.name === 'string' ? [stream.name] : [],
    ),
  };
}

/** What the editor is told while one types: issues with their places, and what the manifest would offer. */
export function validateManifest(text: string): {
  issues: readonly Issue[];
  spec: JsonObject | null;
  streams: { name: string; isIncremental: boolean }[];
} {
  const { issues, compiled } = readManifest(text);
  if (compiled === null) return { issues, spec: null, streams: [] };
  const { spec, streams } = describeCompiled(compiled);
  const incremental = incrementalStreams(compiled);
  return { issues, spec, streams: streams.map((name) => ({ name, isIncremental: incremental.has(name) })) };
}

/** Names of the streams that go on from a state, one way or the other. */
function incrementalStreams({ streams }: JsonObject): Set<unknown> {
  const goesOn = ({ incremental_sync: sync, incremental_stream: stream }: JsonObject) =>
    isJsonObject(sync) || isJsonObject(stream);
  const all = Array.isArray(streams) ? streams.filter(isJsonObject) : [];
  return new Set(all.filter(goesOn).map(({ name }) => name));
}

let schema: JsonObject | undefined;

/** The JSON schema of the manifest language, for completion and hover; made once. */
export function manifestSchema(): JsonObject {
  schema ??= manifestJsonSchema(language.kinds);
  return schema;
}
