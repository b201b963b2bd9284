import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { decoded } from './decoded.ts';

/** A list that an answer points to: what it is called there, and its whole address. */
export interface NamedList {
  readonly name: string;
  readonly url: string;
}

const MOST_LISTS = 30;
const MOST_DEPTH = 4;
/** Below these, words without a slash are the ends of addresses. */
const ENDPOINTS = /^(endpoints?|resources?|paths?|routes?|collections?)$/i;
/** Links to where one is, to people's pages and to files are no lists. */
const NO_LIST = /^(self|canonical|home|html(_url)?|documentation(_url)?|docs?|help|avatar(_url)?|logo|icon|image)$/i;
const FILE = /\.(html?|png|jpe?g|gif|svg|ico|css|js|pdf)$/i;

/** The addresses that the index of an API names, as its root often does: links and paths of the same host. */
export function findLists(body: JsonValue, url: string): NamedList[] {
  const here = new URL(url);
  const found = new Map<string, NamedList>();
  for (const { name, text, isEnd } of textsIn(body)) {
    const target = addressOf(text, here, isEnd);
    if (target === null || NO_LIST.test(name) || target.href === here.href || found.has(target.href)) continue;
    found.set(target.href, { name: named(name, target), url: target.href });
  }
  return [...found.values()].slice(0, MOST_LISTS);
}

interface Text {
  /** Of the field; empty in a list. */
  readonly name: string;
  readonly text: string;
  /** Whether it may be the end of an address alone. */
  readonly isEnd: boolean;
}

function* textsIn(value: JsonValue, name = '', isEnd = false, depth = 0): Generator<Text> {
  if (typeof value === 'string') yield { name, text: value, isEnd };
  else if (depth > MOST_DEPTH) return;
  else if (Array.isArray(value)) for (const item of value) yield* textsIn(item, '', isEnd, depth + 1);
  else if (isJsonObject(value)) {
    const called = [value.name, value.rel, value.title].find((one) => typeof one === 'string');
    for (const [key, inner] of Object.entries(value)) {
      const isLink = /^(url|href|link|path|uri)$/i.test(key);
      yield* textsIn(inner, isLink ? String(called ?? name) : key, ENDPOINTS.test(key), depth + 1);
    }
  }
}

/** Null for what is no address of the host. What a link asks for as a template (`{?page}`) is left off. */
function addressOf(text: string, here: URL, isEnd: boolean): URL | null {
  const plain = text.trim().replace(/\{[?&][^}]*\}$/, '');
  if (plain === '' || /[\s{}]/.test(plain)) return null;
  const folder = here.pathname.endsWith('/') ? here.href : `${here.origin}${here.pathname}/`;
  const isWhole = /^https?:\/\//i.test(plain);
  const base = isWhole || plain.startsWith('/') ? here.href : isEnd && /^[\w./-]+$/.test(plain) ? folder : null;
  if (base === null || !URL.canParse(plain, base)) return null;
  const target = new URL(plain, base);
  // Some indexes behind a proxy name themselves as it sees them; a token is not for everybody on the way.
  if (here.protocol === 'https:') target.protocol = 'https:';
  return target.host === here.host && target.pathname !== '/' && !FILE.test(target.pathname) ? target : null;
}

function named(name: string, { pathname }: URL): string {
  const last = decoded(pathname.split('/').findLast((part) => part !== '') ?? pathname);
  return name.replace(/_?(url|href|link)$/i, '') || last;
}
