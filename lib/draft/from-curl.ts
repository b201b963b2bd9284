import { WeirError } from '#lib/errors.ts';
import { type JsonValue, parseJson } from '#lib/json.ts';
import type { Call } from './draft.ts';

const LONGEST = 1_000_000;
/** Options of curl that take a value and say nothing about the request's meaning. */
const WITH_VALUE = new Set(
  '-o --output -m --max-time --connect-timeout --retry --retry-delay -w --write-out -x --proxy --cacert --cert --key -E -c --cookie-jar -D --dump-header --limit-rate -T --upload-file --resolve --interface -K --config -Y -y -z -C -r --range --ciphers --tls-max --proxy-user -U'.split(
    ' ',
  ),
);

/**
 * The request of a curl command, as browsers and API documentations give them.
 * @throws WeirError when it is no curl command, or one that can't be a stream
 */
export function parseCurl(command: string): Call {
  if (command.length > LONGEST) throw unreadable('It is too long.');
  const [program = '', ...words] = shellWords(command.replace(/\\\r?\n|\^\r?\n/g, ' ').replace(/^\s*\$\s+/, ''));
  if (!/(^|\/)curl(\.exe)?$/.test(program)) throw unreadable('It does not begin with curl.');
  const request = {
    method: '',
    url: '',
    headers: {} as Record<string, string>,
    data: [] as string[],
    form: false,
    get: false,
  };
  for (let at = 0; at < words.length; at++) {
    const { option, value, used } = nextOption(words, at);
    at += used;
    take(request, option, value);
  }
  if (request.url === '') throw unreadable('It names no address.');
  return callOf(request);
}

interface Request {
  method: string;
  url: string;
  headers: Record<string, string>;
  data: string[];
  form: boolean;
  get: boolean;
}

const VALUED =
  /^(-X|--request|-H|--header|-d|--data|--data-raw|--data-binary|--data-ascii|--data-urlencode|--json|-u|--user|-A|--user-agent|-b|--cookie|-e|--referer|--url|-F|--form|--oauth2-bearer)$/;

/** `-XPOST`, `-H 'a: b'` and `--header=…` all give an option and its value; a bare word is the address. */
function nextOption(words: readonly string[], at: number): { option: string; value: string; used: number } {
  const word = words[at] ?? '';
  if (!word.startsWith('-')) return { option: '--url', value: word, used: 0 };
  const [long = '', joined] = word.startsWith('--')
    ? word.split(/=(.*)/s)
    : [word.slice(0, 2), word.slice(2) || undefined];
  if (!VALUED.test(long))
    return { option: long, value: '', used: WITH_VALUE.has(long) && joined === undefined ? 1 : 0 };
  return joined === undefined
    ? { option: long, value: words[at + 1] ?? '', used: 1 }
    : { option: long, value: joined, used: 0 };
}

function take(request: Request, option: string, value: string): void {
  if (option === '--url') request.url ||= value;
  else if (option === '-X' || option === '--request') request.method = value.toUpperCase();
  else if (option === '-H' || option === '--header') addHeader(request, value);
  else if (option === '-A' || option === '--user-agent') request.headers['User-Agent'] = value;
  else if (option === '-b' || option === '--cookie') request.headers.Cookie = value;
  else if (option === '-u' || option === '--user')
    request.headers.Authorization = `Basic ${Buffer.from(value).toString('base64')}`;
  else if (option === '--oauth2-bearer') request.headers.Authorization = `Bearer ${value}`;
  else if (option === '-F' || option === '--form') throw unreadable('It uploads a form of files (-F).');
  else if (option === '-G' || option === '--get') request.get = true;
  else if (option === '-I' || option === '--head') request.method ||= 'HEAD';
  else if (option === '--json') {
    request.data.push(value);
    request.headers['Content-Type'] = 'application/json';
  } else if (option === '--data-urlencode') request.data.push(urlEncoded(value));
  else if (/^(-d|--data)/.test(option)) {
    if (value.startsWith('@'))
      throw unreadable(`Its body is in the file ${value.slice(1)}: put the text itself there.`);
    request.data.push(value);
  }
}

function addHeader({ headers }: Request, text: string): void {
  const [name = '', value = ''] = text.split(/:\s*(.*)/s);
  if (name.trim() !== '') headers[name.trim()] = value.trim();
}

function urlEncoded(value: string): string {
  const [name = '', text] = value.split(/=(.*)/s);
  return text === undefined ? encodeURIComponent(value) : `${name}=${encodeURIComponent(text)}`;
}

function callOf({ method, url: text, headers, data, get }: Request): Call {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(whole)) throw unreadable(`${text} is no address.`);
  const url = new URL(whole);
  if (!/^https?:$/.test(url.protocol)) throw unreadable(`${url.protocol} is not read; http and https are.`);
  if (get && data.length > 0)
    for (const [name, value] of new URLSearchParams(data.join('&'))) url.searchParams.append(name, value);
  const body = get || data.length === 0 ? undefined : parsedBody(data.join('&'));
  return {
    method: method || (body === undefined ? 'GET' : 'POST'),
    url: url.href,
    headers,
    ...(body !== undefined && { body }),
  };
}

function parsedBody(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** Words as a POSIX shell splits them: quotes, `$'…'` of browsers, backslashes. */
function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === "'" || char === '"' || (char === '$' && text.charAt(at + 1) === "'")) {
      const { value, end } = quoted(text, at);
      word = (word ?? '') + value;
      at = end;
    } else if (char === '\\') word = (word ?? '') + text.charAt(++at);
    else if (word === null && /[|;&]/.test(char)) break;
    else word = (word ?? '') + char;
  }
  if (word !== null) words.push(word);
  return words;
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

function quoted(text: string, start: number): { value: string; end: number } {
  const ansi = text.charAt(start) === '$';
  const quote = ansi ? "'" : text.charAt(start);
  let value = '';
  for (let at = start + (ansi ? 2 : 1); at < text.length; at++) {
    const char = text.charAt(at);
    if (char === quote) return { value, end: at };
    if (char !== '\\' || (quote === "'" && !ansi)) value += char;
    else if (ansi) {
      const code = /^(?:u([\da-f]{4})|x([\da-f]{2}))/i.exec(text.slice(at + 1));
      if (code) {
        value += String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '', 16));
        at += code[0].length;
      } else value += ESCAPES[text.charAt(++at)] ?? text.charAt(at);
    } else if (/["\\$`]/.test(text.charAt(at + 1))) value += text.charAt(++at);
    else value += char;
  }
  throw unreadable(`A quote (${quote}) is never closed.`);
}

function unreadable(reason: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'bad_curl',
    message: `The curl command can't be read. ${reason}`,
    hint: 'Copy it whole, as the browser’s network panel (Copy as cURL) or the API’s documentation gives it.',
  });
}
