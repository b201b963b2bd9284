import { isUtf8 } from 'node:buffer';
import { WeirError } from '#lib/errors.ts';
import { type JsonValue, parseJson } from '#lib/json.ts';
import { badEncoding } from '../decode/bad-encoding.ts';
import type { Answer } from '../families.ts';
import type { HttpResponse } from '../http/http-client.ts';
import { spooled } from './spool.ts';

const SNIPPET = 200;

/**
 * The whole answer, its JSON parsed. What is no JSON stays text: the decoder or the error rules decide what that means. A large body lies
 * in a file where `spools` asks for it.
 */
export async function answerOf(response: HttpResponse, spools = false): Promise<Answer> {
  const file = spools ? await spooled(response.body) : null;
  const raw = file ? file.head : await response.bytes();
  const { origin, pathname } = new URL(response.url);
  return unread({
    status: response.status,
    headers: templateHeaders(response.headers, response.spelledHeaders),
    ...{ raw, bytes: file?.bytes ?? raw.byteLength, url: origin + pathname },
    ...(file && { file }),
  });
}

/** The same answer with its body still to be parsed: what is kept for others holds bytes only, and nobody changes what they read. */
export function unread({ status, headers, raw, bytes, url, file }: Omit<Answer, 'body'>): Answer {
  let body: JsonValue | undefined;
  return {
    ...{ status, headers, raw, bytes },
    ...(url !== undefined && { url }),
    ...(file && { file }),
    // Only when asked for: a large file that a decoder reads by itself is never text here.
    get body() {
      body ??= parsedBytes(raw, charsetOf(headers, raw));
      return body;
    },
  };
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i;

/** What the answer declares, what its mark says, else UTF-8. */
function charsetOf(headers: Answer['headers'], raw: Uint8Array): string {
  if (raw[0] === 0xff && raw[1] === 0xfe) return 'utf-16le';
  if (raw[0] === 0xfe && raw[1] === 0xff) return 'utf-16be';
  const declared = CHARSET.exec(String(headers['content-type'] ?? ''))?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(declared).encoding;
  } catch {
    return 'utf-8';
  }
}

/** Bytes that are no UTF-8 stay text that nobody takes for records: half of a letter is not guessed at. */
function parsedBytes(raw: Uint8Array, charset: string): JsonValue {
  const text = new TextDecoder(charset).decode(raw);
  return charset === 'utf-8' && !isUtf8(raw) ? text : parsed(text);
}

function parsed(text: string): JsonValue {
  if (text.trim() === '') return {};
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** The body as JSON, or an error that shows how it begins. An empty one counts as `{}`, as in the CDK. */
export function jsonBody({ body, raw, headers }: Answer, place: { stream: string; page: number }): JsonValue {
  if (typeof body !== 'string') return body;
  if (charsetOf(headers, raw) === 'utf-8' && !isUtf8(raw)) throw badEncoding(raw, place);
  const begins = body.slice(0, SNIPPET).replaceAll(/\s+/g, ' ');
  throw new WeirError({
    kind: 'transient',
    code: 'bad_json',
    message: `The answer is no JSON; it begins: ${begins}`,
    hint: 'If the API always answers so, choose another decoder; otherwise its server or a proxy failed.',
    where: place,
  });
}

/**
 * Names as the server spells them, in lower case and in title case, since templates write them in every way. `link` in lower case
 * becomes its links, as in the CDK.
 */
function templateHeaders(
  headers: Readonly<Record<string, string>>,
  spelled: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    all[name] = value;
    all[name.replace(/(^|-)([a-z])/g, (_whole, dash: string, letter: string) => dash + letter.toUpperCase())] = value;
  }
  return { ...all, ...spelled, link: parseLinks(headers.link ?? '') };
}

/** RFC 8288: `<https://…?page=2>; rel="next"` → `{ next: { url, rel } }`. */
function parseLinks(header: string): Record<string, Record<string, string>> {
  const links: Record<string, Record<string, string>> = {};
  for (const [, url = '', rest = ''] of header.matchAll(/<([^>]*)>((?:\s*;\s*[\w*-]+=(?:"[^"]*"|[^",;]*))*)/g)) {
    const parameters = Object.fromEntries(
      [...rest.matchAll(/([\w*-]+)=(?:"([^"]*)"|([^",;]*))/g)].map(([, name = '', quoted, bare]) => [
        name,
        quoted ?? bare ?? '',
      ]),
    );
    links[parameters.rel ?? url] = { url, ...parameters };
  }
  return links;
}
