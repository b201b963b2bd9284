import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { TextPath } from './edit-text.ts';
import { parsedText } from './parsed-text.ts';

/** A stream where it is written, which may be below `definitions`. */
export interface StreamInText {
  readonly name: string;
  readonly path: TextPath;
  readonly offset: number;
  /** The schema that stands in the stream itself; null where it is referred to, loaded or missing. */
  readonly schema: JsonObject | null;
}

const MOST_REFERENCES = 20;

/** The streams of a manifest's text, in its order; none when it is no YAML. */
export function streamsInText(text: string): StreamInText[] {
  const document = parsedText(text);
  const root = document.contents;
  if (!isMap(root) || document.errors.length > 0) return [];
  const streams: unknown = root.get('streams', true);
  if (!isSeq(streams)) return [];
  return streams.items.flatMap((item, index) => {
    const found = written(root, item as Node, ['streams', index]);
    if (!found) return [];
    const { map, path } = found;
    const parameters: unknown = map.get('$parameters', true);
    const name = map.get('name') ?? (isMap(parameters) ? parameters.get('name') : undefined);
    if (typeof name !== 'string') return [];
    return [{ name, path, offset: map.range?.[0] ?? 0, schema: schemaOf(map) }];
  });
}

/** Follows `$ref` to the map that holds the stream's own fields. */
function written(root: YAMLMap, node: Node, start: TextPath): { map: YAMLMap; path: TextPath } | null {
  let [map, path]: [unknown, TextPath] = [node, start];
  for (let steps = 0; steps < MOST_REFERENCES; steps++) {
    const ref: unknown = isMap(map) ? map.get('$ref') : isScalar(map) ? map.value : null;
    const alone = !isMap(map) || map.items.length === 1;
    if (typeof ref !== 'string' || !ref.startsWith('#/') || !alone) return isMap(map) ? { map, path } : null;
    path = ref.slice(2).split('/');
    map = root.getIn(path, true);
  }
  return null;
}

function schemaOf(stream: YAMLMap): JsonObject | null {
  const schema: unknown = stream.getIn(['schema_loader', 'schema'], true);
  const value: unknown = isMap(schema) ? schema.toJSON() : null;
  return isJsonObject(value) && value.$ref === undefined ? value : null;
}
