import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { isJsonObject } from '#lib/json.ts';
import type { TextPath } from './edit-text.ts';
import { parsedText } from './parsed-text.ts';

/** From the start of the text, in UTF-16 units. */
export interface TextRange {
  readonly from: number;
  readonly to: number;
}

const REFERENCE = /#\/[^\s"',\]}]+/g;
const PARAMETER = /\bparameters(?:\.(\w+)|\[['"]([^'"]+)['"]\])/g;
const LINE = /[^\n]*/y;

/** Where that which the cursor stands on is written: the target of a reference, or a parameter that a template reads. Null for anything else. */
export function definitionAt(text: string, offset: number): TextRange | null {
  const reference = matchAt(text, offset, REFERENCE);
  if (reference) return rangeOfKey(text, targetPath(text, reference.text));
  const parameter = matchAt(text, offset, PARAMETER);
  if (!parameter) return null;
  const name = parameter.groups.find((group) => group !== undefined) ?? '';
  return parameterAround(text, offset, name);
}

/** All places that refer to what the cursor stands on: a definition, or the target of a reference; and where parameters are read. */
export function usesAt(text: string, offset: number): TextRange[] {
  const reference = matchAt(text, offset, REFERENCE);
  const path = reference ? targetPath(text, reference.text) : keyPathAt(text, offset);
  if (path === null) return [];
  if (path.at(-2) === '$parameters') return readsOf(text, String(path.at(-1)));
  const wanted = `#/${path.join('/')}`;
  return [...text.matchAll(REFERENCE)].flatMap(({ 0: found, index }) =>
    found === wanted || found.startsWith(`${wanted}/`) ? [{ from: index, to: index + found.length }] : [],
  );
}

const DEEPEST_TARGET = 3;

/** What `$ref` may point to: definitions, and their parts where these are no components; at most so many. */
export function referenceTargets(text: string, most = 300): string[] {
  const root: unknown = parsedText(text).contents;
  const found: string[] = [];
  const walk = (node: unknown, path: string) => {
    if (!isMap(node)) return;
    for (const pair of node.items) {
      if (found.length >= most) return;
      const name = keyOf(pair);
      if (name === '' || name.startsWith('$')) continue;
      const target = `${path}/${name}`;
      found.push(target);
      if (isMap(pair.value) && !pair.value.has('type') && target.split('/').length <= DEEPEST_TARGET)
        walk(pair.value, target);
    }
  };
  for (const name of ['definitions', 'schemas']) walk(isMap(root) ? root.get(name, true) : null, `#/${name}`);
  return found;
}

interface Match extends TextRange {
  readonly text: string;
  readonly groups: readonly (string | undefined)[];
}

function matchAt(text: string, offset: number, pattern: RegExp): Match | null {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  LINE.lastIndex = start;
  const line = LINE.exec(text)?.[0] ?? '';
  for (const { 0: found, index, ...groups } of line.matchAll(pattern)) {
    const [from, to] = [start + index, start + index + found.length];
    if (from <= offset && offset <= to) return { from, to, text: found, groups: [groups[1], groups[2]] };
  }
  return null;
}

/** Keys may hold slashes: the longest that is there counts, as the parser reads it. */
function targetPath(text: string, reference: string): TextPath | null {
  const root: unknown = parsedText(text).contents;
  const walk = (node: unknown, rest: readonly string[], path: TextPath): TextPath | null => {
    if (rest.length === 0) return path;
    if (isSeq(node)) {
      const index = Number(rest[0]);
      return walk(node.items[index], rest.slice(1), [...path, index]);
    }
    if (!isMap(node)) return null;
    for (let length = rest.length; length > 0; length--) {
      const key = rest.slice(0, length).join('/');
      const inner = node.has(key) ? walk(node.get(key, true), rest.slice(length), [...path, key]) : null;
      if (inner) return inner;
    }
    return null;
  };
  return walk(root, reference.slice(2).split('/'), []);
}

function rangeOfKey(text: string, path: TextPath | null): TextRange | null {
  if (path === null) return null;
  const parent: unknown = parsedText(text).getIn(path.slice(0, -1), true);
  const node = isMap(parent)
    ? (parent.items.find((pair) => keyOf(pair) === String(path.at(-1)))?.key as Node | undefined)
    : isSeq(parent)
      ? (parent.items[Number(path.at(-1))] as Node | undefined)
      : undefined;
  return node?.range ? { from: node.range[0], to: node.range[1] } : null;
}

/** Path of the key that the cursor stands on. */
function keyPathAt(text: string, offset: number): TextPath | null {
  const walk = (node: unknown, path: TextPath): TextPath | null => {
    if (isSeq(node)) {
      const index = node.items.findIndex((item) => holds(item as Node, offset));
      return index === -1 ? null : walk(node.items[index], [...path, index]);
    }
    if (!isMap(node)) return null;
    for (const pair of node.items) {
      const key = pair.key as Node;
      const inner = [...path, keyOf(pair)];
      if (key.range && key.range[0] <= offset && offset <= key.range[1]) return inner;
      if (holds(pair.value as Node | null, offset)) return walk(pair.value, inner);
    }
    return null;
  };
  return walk(parsedText(text).contents, []);
}

function holds(node: Node | null, offset: number): boolean {
  return node?.range !== undefined && node?.range !== null && node.range[0] <= offset && offset <= node.range[2];
}

/** The innermost `$parameters` around a place that has the name. */
function parameterAround(text: string, offset: number, name: string): TextRange | null {
  let found: TextRange | null = null;
  const walk = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) if (holds(item as Node, offset)) walk(item);
    if (!isMap(node)) return;
    const key = parameterKey(node, name);
    if (key?.range) found = { from: key.range[0], to: key.range[1] };
    for (const pair of node.items) if (holds(pair.value as Node | null, offset)) walk(pair.value);
  };
  walk(parsedText(text).contents);
  return found;
}

function parameterKey(map: YAMLMap, name: string): Node | null {
  const parameters: unknown = map.get('$parameters', true);
  if (!isMap(parameters)) return null;
  return (parameters.items.find((pair) => keyOf(pair) === name)?.key as Node | undefined) ?? null;
}

function readsOf(text: string, name: string): TextRange[] {
  return [...text.matchAll(PARAMETER)].flatMap(({ 0: found, 1: dotted, 2: quoted, index }) =>
    (dotted ?? quoted) === name ? [{ from: index, to: index + found.length }] : [],
  );
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : isJsonObject(pair.key) ? '' : String(pair.key ?? '');
}
