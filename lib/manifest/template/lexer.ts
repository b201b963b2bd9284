import { TemplateError } from './template-error.ts';

export interface Token {
  readonly type: 'name' | 'string' | 'integer' | 'float' | 'operator' | 'end';
  readonly text: string;
  readonly value?: unknown;
  readonly at: number;
}

/** A template cut into text, `{{ … }}` and `{% … %}`; comments are gone, white space control has been applied. */
export type Chunk =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'output' | 'statement'; readonly tokens: readonly Token[]; readonly at: number };

export const MOST_CHARACTERS = 200_000;

const TOKEN =
  /\s*(?:([\p{L}_][\p{L}\p{N}_]*)|((?:\d+(?:_\d+)*)(?:(?:\.\d+(?:_\d+)*)?[eE][+-]?\d+(?:_\d+)*|\.\d+(?:_\d+)*))|(0[bB][01_]+|0[oO][0-7_]+|0[xX][\da-fA-F_]+|\d+(?:_\d+)*)|('(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*")|(\*\*|\/\/|==|!=|<=|>=|[-+*/%~<>=(){}[\]|,.:]))/uy;
const OPEN = /\{\{|\{%|\{#/g;
const RAW_START = /^[-+]?\s*raw\s*[-+]?$/;

/** Cuts a template up. Linear in its length. @throws TemplateError */
export function lex(text: string): Chunk[] {
  const source = text.replace(/\r\n?/g, '\n');
  if (source.length > MOST_CHARACTERS)
    throw new TemplateError('template_limit', `The template is longer than ${MOST_CHARACTERS} characters.`);
  const chunks: Chunk[] = [];
  let position = 0;
  let trimNext = false;
  const addText = (text: string, trimEnd: boolean) => {
    const start = trimNext ? text.trimStart() : text;
    const whole = trimEnd ? start.trimEnd() : start;
    if (whole) chunks.push({ type: 'text', text: whole });
  };
  while (position < source.length) {
    OPEN.lastIndex = position;
    const open = OPEN.exec(source);
    if (open === null) break;
    const at = open.index;
    const control = source[at + 2];
    addText(source.slice(position, at), control === '-');
    if (open[0] === '{#') {
      const end = source.indexOf('#}', at + 2);
      if (end < 0) throw new TemplateError('template_syntax', 'The comment is not closed with #}.', at);
      trimNext = source[end - 1] === '-';
      position = end + 2;
      continue;
    }
    const start = at + 2 + (control === '-' || control === '+' ? 1 : 0);
    const close = open[0] === '{{' ? '}}' : '%}';
    const { tokens, end } = tokenize(source, start, close, at);
    if (close === '%}' && RAW_START.test(source.slice(at + 2, end - 2))) {
      const raw = /\{%[-+]?\s*endraw\s*[-+]?%\}/g;
      raw.lastIndex = end;
      const stop = raw.exec(source);
      if (stop === null)
        throw new TemplateError('template_syntax', 'The raw block is not closed with {% endraw %}.', at);
      trimNext = source[end - 3] === '-';
      addText(source.slice(end, stop.index), stop[0].startsWith('{%-'));
      trimNext = stop[0].endsWith('-%}');
      position = stop.index + stop[0].length;
      continue;
    }
    chunks.push({ type: close === '}}' ? 'output' : 'statement', tokens, at });
    trimNext = source[end - 3] === '-';
    position = end;
  }
  addText(source.slice(position), false);
  return withoutLastNewline(chunks);
}

/** Jinja drops a single newline at the template's end. */
function withoutLastNewline(chunks: Chunk[]): Chunk[] {
  const last = chunks.at(-1);
  if (last?.type !== 'text' || !last.text.endsWith('\n')) return chunks;
  return [...chunks.slice(0, -1), { type: 'text', text: last.text.slice(0, -1) }];
}

function tokenize(source: string, start: number, close: string, openedAt: number): { tokens: Token[]; end: number } {
  const tokens: Token[] = [];
  let position = start;
  let braces = 0;
  for (;;) {
    const rest = /\s*/y;
    rest.lastIndex = position;
    rest.exec(source);
    const here = rest.lastIndex;
    if (here >= source.length)
      throw new TemplateError(
        'template_syntax',
        `${close === '}}' ? '{{' : '{%'} is not closed with ${close}.`,
        openedAt,
      );
    const closing = /^[-+]?/.exec(source.slice(here, here + 1))?.[0] ?? '';
    if (braces === 0 && source.startsWith(close, here + closing.length)) {
      return { tokens: [...tokens, { type: 'end', text: close, at: here }], end: here + closing.length + 2 };
    }
    if (braces === 0 && source.startsWith(close, here))
      return { tokens: [...tokens, { type: 'end', text: close, at: here }], end: here + 2 };
    TOKEN.lastIndex = here;
    const match = TOKEN.exec(source);
    if (match === null)
      throw new TemplateError('template_syntax', `${JSON.stringify(source[here])} can't stand here.`, here);
    const token = tokenOf(match, here);
    if (token.text === '{') braces++;
    if (token.text === '}') braces--;
    tokens.push(token);
    position = TOKEN.lastIndex;
  }
}

function tokenOf(match: RegExpExecArray, at: number): Token {
  const [, name, float, integer, string, operator = ''] = match;
  if (name !== undefined) return { type: 'name', text: name, at };
  if (float !== undefined) return { type: 'float', text: float, value: Number(float.replaceAll('_', '')), at };
  if (integer !== undefined) return { type: 'integer', text: integer, value: BigInt(integer.replaceAll('_', '')), at };
  if (string !== undefined) return { type: 'string', text: string, value: unescapePython(string.slice(1, -1)), at };
  return { type: 'operator', text: operator, at };
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Python's escapes; one that Python does not know keeps its backslash, as in `'\d+'`. */
export function unescapePython(text: string): string {
  return text.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\s\S])/g, (whole, code: string) => {
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(code.slice(1), 16)));
    if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
    return ESCAPES[code] ?? whole;
  });
}
