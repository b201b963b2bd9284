import { unescapePython } from './lexer.ts';
import { isDict, jsonKey, PyFloat, PyTuple } from './values.ts';

/** Longer texts are not worth the look: what manifests compute is short. */
const MOST_CHARACTERS = 1_000_000;
const DEEPEST = 200;
/** Python refuses longer integers in text. */
const MOST_DIGITS = 4_300;
const NUMBER =
  /(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.?)(?:[eE][+-]?\d(?:_?\d)*)?)(?:[jJ])?/y;
const STRING =
  /([rRuUbBfF]{0,2})('''(?:[^\\]|\\[\s\S])*?'''|"""(?:[^\\]|\\[\s\S])*?"""|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")/y;
const SPACE = /(?:[ \t\f]|\\\n)*/y;
const SPACE_IN_BRACKETS = /(?:[ \t\f\r\n]|#[^\n]*)*/y;

/** Escapes; the first group is missing where one begins as one of digits and has too few of them. */
const ESCAPE = /\\(?:(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U00(?:0[\da-fA-F]|10)[\da-fA-F]{4}|[^xuU])|[xuU])/gs;

/** What a literal can begin with; most texts are found to be none by this alone. */
const BEGINS = /^(?:[-+.\d'"([{#\s\\]|True|False|None|[rRuUbBfF]{1,2}['"])/;

/** Thrown inside and caught here; made once, since a new one costs more than all else. */
const NOT_A_LITERAL = new Error('not a literal');

/**
 * Python's ast.literal_eval: the value of a text that is a Python literal (comments and all), or undefined when it is none.
 * `00123` and `2024-01-01` are none; `1_000`, `0x1F`, `'x'`, `(1, 2)`, `{'a': None}` are.
 */
export function literalEval(text: string): { value: unknown } | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  const stripped = text.replace(/^[ \t]+/, '').replace(/^(?:[ \t\f]*(?:#[^\n]*)?\n)+/, '');
  if (!BEGINS.test(stripped) || /^[ \t]/.test(stripped)) return undefined;
  try {
    return { value: new LiteralParser(stripped).whole() };
  } catch (error) {
    if (error === NOT_A_LITERAL) return undefined;
    throw error;
  }
}

class LiteralParser {
  readonly #text: string;
  #at = 0;
  #brackets = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const first = this.#value();
    let value = first;
    if (this.#peek() === ',') value = new PyTuple(this.#rest(first, ''));
    this.#space();
    const end = /(?:#[^\n]*)?[ \t\f\r\n]*(?:#[^\n]*[ \t\f\r\n]*)*$/y;
    end.lastIndex = this.#at;
    if (!end.test(this.#text)) throw NOT_A_LITERAL;
    return value;
  }

  #value(): unknown {
    if (++this.#depth > DEEPEST) throw NOT_A_LITERAL;
    const value = this.#sign() ?? this.#atom();
    this.#depth--;
    return value;
  }

  #sign(): unknown {
    const char = this.#peek();
    if (char !== '-' && char !== '+') return undefined;
    this.#at++;
    this.#space();
    const operand = this.#number();
    if (operand === undefined) throw NOT_A_LITERAL;
    if (char === '+') return operand;
    if (operand instanceof PyFloat) return PyFloat.of(-operand.value);
    return typeof operand === 'bigint' ? -operand : operand === 0 ? 0 : -(operand as number);
  }

  #atom(): unknown {
    const char = this.#peek();
    if (char === '[') return this.#collection(']');
    if (char === '(') return this.#collection(')');
    if (char === '{') return this.#braces();
    const number = this.#number();
    if (number !== undefined) return number;
    const string = this.#strings();
    if (string !== undefined) return string;
    const word = /(?:True|False|None)\b/y;
    word.lastIndex = this.#at;
    const found = word.exec(this.#text)?.[0];
    if (found === undefined) throw NOT_A_LITERAL;
    this.#at += found.length;
    return found === 'None' ? null : found === 'True';
  }

  #collection(close: string): unknown {
    this.#at++;
    this.#brackets++;
    const items: unknown[] = [];
    let comma = false;
    while (this.#peek() !== close) {
      if (items.length > 0 && !comma) throw NOT_A_LITERAL;
      items.push(this.#value());
      comma = this.#peek() === ',';
      if (comma) this.#at++;
    }
    this.#at++;
    this.#brackets--;
    if (close === ']') return items;
    return items.length === 1 && !comma ? items[0] : new PyTuple(items);
  }

  /** A dict; a set becomes a list, which is what manifests can do with it. */
  #braces(): unknown {
    this.#at++;
    this.#brackets++;
    const entries: [string, unknown][] = [];
    const members: unknown[] = [];
    while (this.#peek() !== '}') {
      const key = this.#value();
      if (this.#peek() === ':') {
        this.#at++;
        if (!isHashable(key)) throw NOT_A_LITERAL;
        entries.push([jsonKey(key), this.#value()]);
      } else if (isHashable(key)) members.push(key);
      else throw NOT_A_LITERAL;
      if (this.#peek() === ',') this.#at++;
      else if (this.#peek() !== '}') throw NOT_A_LITERAL;
    }
    this.#at++;
    this.#brackets--;
    if (members.length > 0) {
      if (entries.length > 0) throw NOT_A_LITERAL;
      return members;
    }
    const dict: Record<string, unknown> = {};
    for (const [key, value] of entries)
      Object.defineProperty(dict, key, { value, enumerable: true, writable: true, configurable: true });
    return dict;
  }

  #rest(first: unknown, close: string): unknown[] {
    const items = [first];
    while (this.#peek() === ',') {
      this.#at++;
      const next = this.#peek();
      if (next === '' || next === close || next === '#') break;
      items.push(this.#value());
    }
    return items;
  }

  #number(): unknown {
    this.#space();
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text)?.[0];
    if (!match || match === '.') return undefined;
    if (/[jJ]$/.test(match) || (/^0[\d_]*[1-9]/.test(match) === true && !/[.eExXoObB]/.test(match)))
      throw NOT_A_LITERAL;
    if (/[\w.]/.test(this.#text[this.#at + match.length] ?? '')) throw NOT_A_LITERAL;
    this.#at += match.length;
    const digits = match.replaceAll('_', '');
    if (/^\d+$/.test(digits) && digits.length > MOST_DIGITS) throw NOT_A_LITERAL;
    if (/^0[xXoObB]/.test(digits) || /^\d+$/.test(digits))
      return narrow(BigInt(/^0+\d/.test(digits) && !/[xXoObB]/.test(digits) ? '0' : digits));
    return PyFloat.of(Number(digits));
  }

  #strings(): string | undefined {
    let text: string | undefined;
    for (;;) {
      this.#space();
      STRING.lastIndex = this.#at;
      const match = STRING.exec(this.#text);
      if (match === null) return text;
      const [whole, prefix = '', quoted = ''] = match;
      if (/[bBfF]/.test(prefix)) throw NOT_A_LITERAL;
      const quotes = /^('''|""")/.test(quoted) ? 3 : 1;
      const body = quoted.slice(quotes, -quotes);
      const raw = /[rR]/.test(prefix);
      if (!raw && [...body.matchAll(ESCAPE)].some(([, known]) => known === undefined)) throw NOT_A_LITERAL;
      text = (text ?? '') + (raw ? body : unescapePython(body));
      this.#at += whole.length;
    }
  }

  #space(): void {
    const pattern = this.#brackets > 0 ? SPACE_IN_BRACKETS : SPACE;
    pattern.lastIndex = this.#at;
    pattern.exec(this.#text);
    this.#at = Math.max(this.#at, pattern.lastIndex);
  }

  #peek(): string {
    this.#space();
    return this.#text[this.#at] ?? '';
  }
}

/** Lists and dicts can be no keys in Python; sets are lists here. */
function isHashable(value: unknown): boolean {
  if (value instanceof PyTuple) return value.items.every(isHashable);
  return !Array.isArray(value) && !isDict(value);
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
