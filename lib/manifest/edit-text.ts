import { Document, isCollection, isMap, isScalar, isSeq, type Node, type Pair, visit, type YAMLMap } from 'yaml';
import type { JsonValue } from '#lib/json.ts';
import { MANIFEST_YAML } from './manifest-yaml.ts';
import { parsedText } from './parsed-text.ts';

export type TextPath = readonly (string | number)[];

/** One replacement in a text: what lies outside stays as it is, byte for byte. Offsets are in UTF-16 units, as editors count. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Values up to this many characters stand on one line. */
const ONE_LINE = 80;

/**
 * The edit that gives the place at `path` a value, making what is missing on the way. Null when the text is no YAML, or when something
 * that is no map or list is in the way.
 */
export function setInText(text: string, path: TextPath, value: JsonValue): TextEdit | null {
  const document = parsedText(text);
  if (document.errors.length > 0) return null;
  if (document.contents === null)
    return { from: text.length, to: text.length, text: blockText(nested(path, value), 0) };
  let node: Node = document.contents as Node;
  for (const [index, key] of path.entries()) {
    const found = childOf(node, key);
    if (!found) return inserted(text, node, path.slice(index), value);
    if (index === path.length - 1) return replaced(text, node, found, value);
    if (!isCollection(found.value)) return replaced(text, node, found, nested(path.slice(index + 1), value));
    node = found.value as Node;
  }
  return null;
}

/** The edit that takes the entry at `path` out of its map, its line with it. Null when it is not there. */
export function removeFromText(text: string, path: TextPath): TextEdit | null {
  const document = parsedText(text);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (document.errors.length > 0 || !isMap(parent)) return null;
  const index = parent.items.findIndex((pair) => keyText(pair) === String(path.at(-1)));
  const pair = parent.items[index];
  if (!pair) return null;
  const [from, to] = pairRange(text, pair);
  if (parent.items.length === 1) return { from, to, text: parent.flow ? '' : '{}' };
  if (!parent.flow) return wholeLines(text, from, to, parent, index);
  const next = parent.items[index + 1];
  const before = parent.items[index - 1];
  if (next) return { from, to: startOf(next), text: '' };
  return before ? { from: pairRange(text, before)[1], to, text: '' } : null;
}

/** The edit that takes the item at `path` out of its list of several, its lines with it. Null when it is not there, or alone. */
export function removeItemFromText(text: string, path: TextPath): TextEdit | null {
  const document = parsedText(text);
  const list: unknown = document.getIn(path.slice(0, -1), true);
  if (document.errors.length > 0 || !isSeq(list) || list.items.length < 2) return null;
  const index = Number(path.at(-1));
  const [before, item, next] = [index - 1, index, index + 1].map((at) => list.items[at] as Node | undefined);
  if (!item?.range) return null;
  const to = contentEnd(text, item);
  if (!list.flow)
    return {
      from: dashLine(text, item.range[0], columnOf(text, list.range?.[0] ?? 0)),
      to: lineEnd(text, to),
      text: '',
    };
  if (next?.range) return { from: item.range[0], to: next.range[0], text: '' };
  return before ? { from: contentEnd(text, before), to, text: '' } : null;
}

/** Where the node at `path` stands; null when it is not there. */
export function rangeInText(text: string, path: TextPath): { from: number; to: number } | null {
  const node = parsedText(text).getIn(path, true) as Node | undefined;
  return node?.range ? { from: node.range[0], to: contentEnd(text, node) } : null;
}

interface Child {
  readonly key: Node | null;
  readonly value: Node | null;
}

function childOf(node: Node, key: string | number): Child | null {
  if (isMap(node)) {
    const pair = node.items.find((item) => keyText(item) === String(key));
    return pair ? { key: pair.key as Node, value: pair.value as Node | null } : null;
  }
  if (!isSeq(node)) return null;
  const value = node.items[Number(key)] as Node | undefined;
  return value ? { key: null, value } : null;
}

/** In a flow everything stays a flow; in a block a collection moves onto lines of its own when it is long. */
function replaced(text: string, parent: Node, { key, value }: Child, next: JsonValue): TextEdit {
  const inFlow = isFlow(parent);
  const start = value?.range?.[0] ?? key?.range?.[1] ?? 0;
  const end = value ? start + text.slice(start, contentEnd(text, value)).trimEnd().length : start;
  const isBlock = value !== null && isCollection(value) && !value.flow;
  const oneLine = flowText(next);
  if (inFlow || (!isBlock && oneLine.length <= ONE_LINE) || typeof next !== 'object' || next === null) {
    // A value that stood on lines of its own comes up to its key.
    const from = isBlock && key?.range ? afterColon(text, key.range[1]) : start;
    return { from, to: end, text: from === start && value !== null ? oneLine : ` ${oneLine}` };
  }
  const indent = isBlock || key === null ? columnOf(text, start) : columnOf(text, key.range?.[0] ?? start) + 2;
  if (key === null || isBlock) return { from: start, to: end, text: blockText(next, indent).trimStart() };
  return { from: afterColon(text, key.range?.[1] ?? start), to: end, text: `\n${blockText(next, indent)}` };
}

function inserted(text: string, parent: Node, path: TextPath, value: JsonValue): TextEdit | null {
  const [key, ...rest] = path;
  if (key === undefined || !isCollection(parent) || !parent.range) return null;
  const inner = nested(rest, value);
  if (isSeq(parent) && Number(key) !== parent.items.length) return null;
  if (parent.flow || parent.items.length === 0) {
    const entry = isSeq(parent) ? flowText(inner) : `${flowText(String(key))}: ${flowText(inner)}`;
    const end = contentEnd(text, parent) - 1;
    const bare = text.slice(0, end).trimEnd().length;
    const padded = text.slice(bare, end) !== '' || parent.items.length === 0;
    const lead = parent.items.length > 0 ? ', ' : padded && isMap(parent) ? ' ' : '';
    return { from: bare, to: end, text: `${lead}${entry}${padded && isMap(parent) ? ' ' : text.slice(bare, end)}` };
  }
  const indent = columnOf(text, parent.range[0]);
  const end = commentEnd(text, contentEnd(text, parent));
  const made = blockText(isSeq(parent) ? [inner] : { [String(key)]: inner }, indent);
  return { from: end, to: end, text: text.charAt(end - 1) === '\n' ? `${made}\n` : `\n${made}` };
}

function nested(path: TextPath, value: JsonValue): JsonValue {
  return path.reduceRight<JsonValue>((inner, key) => (typeof key === 'number' ? [inner] : { [key]: inner }), value);
}

/** The lines of the pair go with it, and a comment behind its value: that is about the value. */
function wholeLines(text: string, from: number, to: number, parent: YAMLMap, index: number): TextEdit {
  const next = parent.items[index + 1];
  // Where the first entry stands behind a dash, the next one takes its place.
  const isBehindDash = text.slice(lineStart(text, from), from).trim() !== '';
  if (index === 0 && next && isBehindDash) return { from, to: startOf(next), text: '' };
  return { from: lineStart(text, from), to: lineEnd(text, to), text: '' };
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Behind the line end; what ends with a line end has its own. */
function lineEnd(text: string, offset: number): number {
  if (text.charAt(offset - 1) === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

/** A comment behind a value stays with it. */
function commentEnd(text: string, offset: number): number {
  if (text.charAt(offset - 1) === '\n') return offset;
  return offset + (/^[ \t]+#[^\r\n]*/.exec(text.slice(offset))?.[0].length ?? 0);
}

/** Start of the line with the item's dash, which may stand above the item. */
function dashLine(text: string, offset: number, column: number): number {
  let start = lineStart(text, offset);
  while (start > 0 && text.charAt(start + column) !== '-') start = lineStart(text, start - 1);
  return start;
}

function pairRange(text: string, pair: Pair): [number, number] {
  const value = pair.value as Node | null;
  const key = pair.key as Node;
  const end =
    value?.range && value.range[1] > (key.range?.[1] ?? 0)
      ? contentEnd(text, value)
      : afterColon(text, key.range?.[1] ?? 0);
  return [startOf(pair), end];
}

function startOf(pair: Pair): number {
  return (pair.key as Node).range?.[0] ?? 0;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

/** A block's range runs on over what follows it: the content ends with its last entry. */
function contentEnd(text: string, node: Node): number {
  const [start, end] = node.range ?? [0, 0];
  if (isCollection(node) && !node.flow && node.items.length > 0) {
    const last = node.items.at(-1) as Pair | Node;
    return isMap(node) ? pairRange(text, last as Pair)[1] : contentEnd(text, last as Node);
  }
  return isBlockScalar(node) ? end : start + text.slice(start, end).trimEnd().length;
}

/** The empty lines behind `|+` are part of the value. */
function isBlockScalar(node: Node): boolean {
  return isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
}

function afterColon(text: string, from: number): number {
  return text.indexOf(':', from) + 1;
}

function isFlow(node: Node): boolean {
  return isCollection(node) && node.flow === true;
}

function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

function flowText(value: JsonValue): string {
  const document = new Document(value, MANIFEST_YAML);
  const { contents } = document;
  if (isCollection(contents)) contents.flow = true;
  else if (isScalar(contents) && typeof value === 'string' && /[\n,[\]{}]/.test(value)) contents.type = 'QUOTE_DOUBLE';
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'string' && scalar.value.includes('\n')) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  const lines = document.toString({
    ...{ lineWidth: 0, doubleQuotedMinMultiLineLength: Infinity },
    flowCollectionPadding: true,
  });
  // The line ends of texts are escaped: those that are left stand between entries.
  return lines.trim().replaceAll(/\n\s*/g, ' ');
}

function blockText(value: JsonValue, indent: number): string {
  const lines = new Document(value, MANIFEST_YAML).toString({ lineWidth: 0, blockQuote: false }).trimEnd().split('\n');
  return lines.map((line) => (line === '' ? line : ' '.repeat(indent) + line)).join('\n');
}

/** The text after an edit. */
export function applyEdit(text: string, { from, to, text: put }: TextEdit): string {
  return text.slice(0, from) + put + text.slice(to);
}
