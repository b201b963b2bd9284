// The little of XML that a workbook's parts are made of. Some programs give every element a prefix, or write attributes in single quotes.

export interface Element {
  /** Its attributes as text. */
  readonly tag: string;
  readonly inner: string;
}

/** Elements of that name; no element holds another of its name. */
export function elements(xml: string, name: string): Element[] {
  return Array.from(xml.matchAll(elementPattern(name)), ([, tag = '', inner = '']) => ({ tag, inner }));
}

const elementPatterns = new Map<string, RegExp>();

function elementPattern(name: string): RegExp {
  const known = elementPatterns.get(name);
  if (known) return known;
  const pattern = new RegExp(`<(?:\\w+:)?${name}\\b([^>]*?)(?:/>|>([\\s\\S]*?)</(?:\\w+:)?${name}>)`, 'g');
  elementPatterns.set(name, pattern);
  return pattern;
}

const VALUE = /<(?:\w+:)?v\b[^>]*>([^<]*)</;

/** What a cell has in its element `v`. */
export function valueIn(cell: string): string | undefined {
  return VALUE.exec(cell)?.[1];
}

const attributePatterns = new Map<string, RegExp>();

/** The value of an attribute, as it is written; empty for none. */
export function attribute(tag: string, name: string): string {
  let pattern = attributePatterns.get(name);
  if (pattern === undefined) {
    pattern = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`);
    attributePatterns.set(name, pattern);
  }
  const [, double, single] = pattern.exec(tag) ?? [];
  return double ?? single ?? '';
}

/** The texts of all runs; phonetic readings are left out. */
export function textOf(xml: string): string {
  const plain = xml.includes('rPh') ? xml.replace(/<(?:\w+:)?rPh\b[\s\S]*?<\/(?:\w+:)?rPh>/g, '') : xml;
  return cellText(
    elements(plain, 't')
      .map(({ inner }) => inner)
      .join(''),
  );
}

/** Text of a cell: signs that XML can't hold are written by their numbers, such as `_x000D_`. */
export function cellText(xml: string): string {
  const text = unescaped(xml);
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9a-fA-F]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return NAMED[name] ?? whole;
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
