import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** The retriever with the answers of its requests kept, unless its manifest says no. */
export function cachedAnswers(retriever: JsonObject): JsonObject {
  const { requester } = retriever;
  if (!isJsonObject(requester) || requester.use_cache === false) return retriever;
  return { ...retriever, requester: { ...requester, use_cache: true } };
}

const INNER_STREAMS = ['full_refresh_stream', 'incremental_stream'];

/** A stream with its answers kept, whichever way it is read: others have it as their parent. */
export function cachedStream(stream: JsonObject): JsonObject {
  const inner = INNER_STREAMS.filter((name) => isJsonObject(stream[name]));
  const changed = inner.map((name): [string, JsonValue] => [name, cachedStream(stream[name] as JsonObject)]);
  const { retriever } = stream;
  return {
    ...stream,
    ...Object.fromEntries(changed),
    ...(isJsonObject(retriever) && { retriever: cachedAnswers(retriever) }),
  };
}

/** Names of the streams that are parents of these, at any depth. */
export function parentNames(components: readonly JsonValue[]): Set<string> {
  const names = new Set<string>();
  const visit = (value: JsonValue) => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isJsonObject(value)) return;
    for (const [key, item] of Object.entries(value)) {
      if (SKIPPED.includes(key)) continue;
      if (key === 'stream' && isJsonObject(item) && 'parent_key' in value) names.add(String(item.name));
      visit(item);
    }
  };
  components.forEach(visit);
  return names;
}

const SKIPPED = ['schema_loader', '$parameters'];
