import type { JsonObject, JsonValue } from '#lib/json.ts';

const DEEPEST = 200;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
/** What stands between angle brackets, or a run of text. */
const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<(\/?)([\w:.\-\u00b7-\uffff]+)((?:\s+[^\s=<>"'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/y;
const ATTRIBUTE = /([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const DOCTYPE = /<!DOCTYPE[^<>[\]]*>/iy;

interface Element {
  readonly name: string;
  readonly value: JsonObject;
  text: string;
}

/**
 * An XML document as an object, as Python's xmltodict makes it: a text where an element has only text, null where it has nothing,
 * a list where one is repeated. Names keep their prefixes. @throws SyntaxError with the line; entities of its own are refused
 */
export function parseXml(source: string): JsonObject {
  const root: Element = { name: '', value: {}, text: '' };
  const open: Element[] = [root];
  for (let at = 0; at < source.length; ) {
    const inner = open.at(-1) as Element;
    const token = tokenAt(source, at);
    if (token === null) throw broken(source, at, 'this is no tag');
    const [whole, cdata, closing, name, attributes = '', empty] = token;
    if (cdata !== undefined) inner.text += cdata;
    else if (name === undefined) {
      if (!whole.startsWith('<')) inner.text += unescaped(whole, () => broken(source, at, 'an entity is not known'));
    } else if (closing) {
      if (open.length === 1 || inner.name !== name) throw broken(source, at, `</${name}> closes nothing`);
      close(open);
    } else {
      if (open.length > DEEPEST) throw broken(source, at, `it is nested deeper than ${DEEPEST}`);
      if (open.length === 1 && Object.keys(root.value).length > 0) throw broken(source, at, 'it has two roots');
      open.push({ name, value: attributesOf(attributes, source, at), text: '' });
      if (empty) close(open);
    }
    at += whole.length;
  }
  if (open.length > 1) throw broken(source, source.length, `<${open.at(-1)?.name}> is never closed`);
  if (Object.keys(root.value).length === 0) throw broken(source, 0, 'it has no element');
  if (root.text.trim() !== '') throw broken(source, 0, 'there is text outside of its root');
  return root.value;
}

function tokenAt(source: string, at: number): RegExpExecArray | null {
  for (const pattern of [TOKEN, DOCTYPE]) {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) return found;
  }
  return null;
}

/** The innermost element is whole: it becomes a value of the one around it. */
function close(open: Element[]): void {
  const { name, value, text } = open.pop() as Element;
  const { value: parent } = open.at(-1) as Element;
  const trimmed = text.trim();
  const isPlain = Object.keys(value).length === 0;
  if (!isPlain && trimmed !== '') value['#text'] = trimmed;
  const made: JsonValue = isPlain ? trimmed || null : value;
  const known = Object.hasOwn(parent, name) ? parent[name] : undefined;
  if (known === undefined) define(parent, name, made);
  else if (Array.isArray(known)) known.push(made);
  else define(parent, name, [known, made]);
}

function attributesOf(text: string, source: string, at: number): JsonObject {
  const attributes: JsonObject = {};
  for (const [, name = '', double, single] of text.matchAll(ATTRIBUTE)) {
    if (Object.hasOwn(attributes, `@${name}`)) throw broken(source, at, `the attribute ${name} is there twice`);
    attributes[`@${name}`] = unescaped(double ?? single ?? '', () => broken(source, at, 'an entity is not known'));
  }
  return attributes;
}

function unescaped(text: string, unknown: () => SyntaxError): string {
  if (!text.includes('&')) return text.replaceAll('\r\n', '\n');
  return text.replaceAll('\r\n', '\n').replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));|&/gi, (_all, hex, decimal, name) => {
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal ?? Number.NaN);
    if (code > 0 && code <= 0x10ffff) return String.fromCodePoint(code);
    const char = NAMED[String(name)];
    if (char === undefined) throw unknown();
    return char;
  });
}

/** An element may be named like something of every object. */
function define(parent: JsonObject, name: string, value: JsonValue): void {
  Object.defineProperty(parent, name, { value, enumerable: true, writable: true, configurable: true });
}

function broken(source: string, at: number, why: string): SyntaxError {
  return new SyntaxError(`line ${source.slice(0, at).split('\n').length}: ${why}`);
}
