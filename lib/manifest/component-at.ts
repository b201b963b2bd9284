import { isMap, isPair, isScalar, isSeq, type Node, type Pair, stringify, type YAMLMap } from 'yaml';
import type { TextPath } from './edit-text.ts';
import { MANIFEST_YAML } from './manifest-yaml.ts';
import { parsedText } from './parsed-text.ts';

/** A field of a component as it stands in a text, or as it comes from elsewhere. */
export interface ComponentField {
  readonly name: string;
  /** A scalar's value; null for what a form can't show. */
  readonly scalar: string | number | boolean | null;
  /** The YAML of what is no scalar. */
  readonly yaml: string | null;
  /** Where the value comes from when it does not stand here: `#/definitions/requester`, or `$parameters`. */
  readonly origin: string | null;
  /** Where it stands, to go there. */
  readonly offset: number;
}

export interface ComponentInText {
  readonly path: TextPath;
  readonly type: string;
  readonly offset: number;
  readonly fields: readonly ComponentField[];
}

const MOST_REFERENCES = 20;

/** The innermost component around a place in a manifest's text, with its own fields and those from `$ref` and `$parameters`. */
export function componentAt(text: string, offset: number): ComponentInText | null {
  const document = parsedText(text);
  const root = document.contents;
  if (!isMap(root) || document.errors.length > 0) return null;
  const around = mapsAround(root, offset);
  for (const { map, path } of around.toReversed()) {
    const fields = [
      ...ownFields(map),
      ...referredFields(root, map),
      ...parametersOf(
        around.map((item) => item.map),
        map,
      ),
    ];
    const type = fields.find(({ name }) => name === 'type')?.scalar;
    if (typeof type !== 'string' || isJsonSchemaType(type)) continue;
    const named = new Set<string>();
    const shown = fields.filter(({ name }) => !HIDDEN.has(name) && !named.has(name) && named.add(name));
    return { path, type, offset: map.range?.[0] ?? 0, fields: shown };
  }
  return null;
}

const HIDDEN = new Set(['type', '$parameters', '$ref']);

/** `type: object` is a JSON schema's, and no component. */
function isJsonSchemaType(type: string): boolean {
  return /^[a-z]/.test(type);
}

interface Around {
  readonly map: YAMLMap;
  readonly path: TextPath;
}

/** The maps that hold the place, outermost first. */
function mapsAround(node: Node | null, offset: number, path: TextPath = []): Around[] {
  if (isMap(node)) {
    const inner = node.items.flatMap((pair) => {
      const value = pair.value as Node | null;
      const from = (pair.key as Node).range?.[0] ?? 0;
      const to = value?.range?.[2] ?? from;
      return from <= offset && offset <= to ? mapsAround(value, offset, [...path, keyOf(pair)]) : [];
    });
    return [{ map: node, path }, ...inner];
  }
  if (!isSeq(node)) return [];
  return node.items.flatMap((item, index) => {
    const [from = 0, , to = 0] = (item as Node).range ?? [];
    return from - 2 <= offset && offset <= to ? mapsAround(item as Node, offset, [...path, index]) : [];
  });
}

function ownFields(map: YAMLMap, origin: string | null = null): ComponentField[] {
  return map.items.map((pair) => {
    const value = pair.value as Node | null;
    const offset = value?.range?.[0] ?? (pair.key as Node).range?.[1] ?? 0;
    if (value === null || isScalar(value)) {
      const scalar = value === null ? null : value.value;
      return { name: keyOf(pair), scalar: isPlain(scalar) ? scalar : null, yaml: null, origin, offset };
    }
    return { name: keyOf(pair), scalar: null, yaml: stringify(value, MANIFEST_YAML).trimEnd(), origin, offset };
  });
}

/** What a reference brings; the component's own fields come first, and so win. */
function referredFields(root: YAMLMap, map: YAMLMap): ComponentField[] {
  const fields: ComponentField[] = [];
  let current: YAMLMap | null = map;
  for (let steps = 0; current !== null && steps < MOST_REFERENCES; steps++) {
    const ref: unknown = current.get('$ref');
    if (typeof ref !== 'string' || !ref.startsWith('#/')) break;
    const target: unknown = root.getIn(ref.slice(2).split('/'), true);
    current = isMap(target) ? target : null;
    if (current) fields.push(...ownFields(current, ref));
  }
  return fields;
}

function parametersOf(around: readonly YAMLMap[], map: YAMLMap): ComponentField[] {
  const outer = around.slice(0, around.indexOf(map) + 1).toReversed();
  return outer.flatMap((item) => {
    const parameters: unknown = item.get('$parameters', true);
    return isMap(parameters) ? ownFields(parameters, '$parameters') : [];
  });
}

function keyOf(pair: Pair): string {
  return isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : '';
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
