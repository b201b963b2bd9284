import { TemplateError } from './template-error.ts';
import { timedMatch } from './timed.ts';
import { repr } from './values.ts';

/** Patterns and texts of regular expressions. */
const MOST_PATTERN = 1_000;
const MOST_TEXT = 100_000;

/** Python's re.search: the match, or null. @throws TemplateError for no pattern, over the limits, or out of time */
export function search(pattern: string, text: string): RegExpExecArray | null {
  const regex = compile(pattern, '');
  return timedMatch(regex, limitedText(text), () => regex.exec(text));
}

/** Python's re.sub. */
export function substitute(pattern: string, replacement: string, text: string): string {
  const regex = compile(pattern, 'g');
  const parts = templateOf(replacement);
  return timedMatch(regex, limitedText(text), () =>
    text.replace(regex, (...found: unknown[]) => {
      const named = found.at(-1);
      const groups = typeof named === 'object' ? (named as Record<string, string>) : {};
      return parts.map((part) => (typeof part === 'string' ? part : groupOf(found, groups, part.group))).join('');
    }),
  );
}

function limitedText(text: string): string {
  if (text.length <= MOST_TEXT) return text;
  throw new TemplateError('template_limit', `A regular expression takes at most ${MOST_TEXT} characters of text.`);
}

function groupOf(found: readonly unknown[], groups: Record<string, string>, name: string): string {
  const value = /^\d+$/.test(name) ? found[Number(name)] : Object.hasOwn(groups, name) ? groups[name] : undefined;
  return typeof value === 'string' ? value : '';
}

const known = new Map<string, RegExp>();
const MOST_KNOWN = 500;

function compile(pattern: string, flags: string): RegExp {
  const key = `${flags}/${pattern}`;
  const regex = known.get(key) ?? translated(pattern, flags);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, regex);
  regex.lastIndex = 0;
  return regex;
}

function translated(pattern: string, flags: string): RegExp {
  if (pattern.length > MOST_PATTERN)
    throw new TemplateError('template_limit', `A regular expression has at most ${MOST_PATTERN} characters.`);
  const inline = /^\(\?([aimsux]+)\)/.exec(pattern);
  const inlineFlags = new Set(inline?.[1] ?? '');
  try {
    if (inlineFlags.has('x')) throw new SyntaxError('the flag x is not supported');
    const kept = ['i', 'm', 's'].filter((flag) => inlineFlags.has(flag)).join('');
    return new RegExp(translate(pattern.slice(inline?.[0].length ?? 0), inlineFlags.has('m')), `u${flags}${kept}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TemplateError('template_value', `${repr(pattern)} is no regular expression: ${error.message}`);
  }
}

const SETS: Record<string, string> = { d: '\\p{Nd}', w: '\\p{L}\\p{N}_', s: '\\s' };
const TOKENS =
  /\\g<\w+>|\\(?:[0-7]{3}|\d{1,2}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[\s\S])|\(\?P<|\(\?P=(\w+)\)|\(\?#[^)]*\)|\{(\d*),?(\d*)\}|[\s\S]/gu;

/** Python's syntax in JavaScript's `u` mode: what is spelt otherwise, and escapes that the one allows and the other refuses. */
function translate(pattern: string, multiline: boolean): string {
  let inClass = 0;
  return pattern.replace(
    TOKENS,
    (token, backReference: string | undefined, from: string | undefined, _to, at: number) => {
      if (inClass > 0) {
        const first = inClass === 1 && !(token === '^' && pattern[at - 1] === '[');
        if (token === ']' && inClass > 1) inClass = 0;
        else if (first || inClass > 1) inClass = 2;
        if (token === ']') return inClass === 0 ? ']' : '\\]';
        return token.length > 1 && token.startsWith('\\') ? escaped(token, true) : token.replace(/[[{}(]/g, '\\$&');
      }
      if (token === '[') inClass = 1;
      if (token === '[' || token === '(' || token === ')') return token;
      if (token === '(?P<') return '(?<';
      if (backReference) return `\\k<${backReference}>`;
      if (token.startsWith('(?#')) return '';
      if (from === '' && token.length > 2)
        return /^\{,\d+\}$/.test(token) ? `{0${token.slice(1)}` : `\\{${token.slice(1, -1)}\\}`;
      if (/^[{}]/.test(token) && from === undefined) return `\\${token}`;
      if (token === '{}') return '\\{\\}';
      if (token === ']') return '\\]';
      if (token === '$' && !multiline) return '(?=\\n?(?![\\s\\S]))';
      return token.length > 1 && token.startsWith('\\') ? escaped(token, false) : token;
    },
  );
}

function escaped(token: string, inClass: boolean): string {
  const char = token[1] ?? '';
  const set = SETS[char.toLowerCase()];
  if (set !== undefined && char !== 's' && char !== 'S') {
    if (char === char.toLowerCase()) return inClass ? set : `[${set}]`;
    return char === 'D' ? '\\P{Nd}' : inClass ? token : `[^${set}]`;
  }
  if (char === 'A') return '(?<![\\s\\S])';
  if (char === 'Z') return '(?![\\s\\S])';
  if (char === 'a') return '\\x07';
  if (/[sSbBntrfvxu\d]/.test(char)) return token;
  if (/[A-Za-z]/.test(char)) throw new SyntaxError(`bad escape ${token}`);
  return /[\^$\\.*+?()[\]{}|/]/.test(char) || (inClass && char === '-') ? token : token.slice(1);
}

/** The replacement's text and group references; `\n` is a line's end there too. */
function templateOf(replacement: string): (string | { group: string })[] {
  return (replacement.match(/\\g<\w+>|\\\d{1,2}|\\[\s\S]|[^\\]+|\\/g) ?? []).map((part) => {
    const group = /^\\g<(\w+)>$/.exec(part)?.[1] ?? /^\\(\d+)$/.exec(part)?.[1];
    if (group !== undefined) return { group };
    return { '\\n': '\n', '\\t': '\t', '\\r': '\r', '\\\\': '\\' }[part] ?? part;
  });
}
