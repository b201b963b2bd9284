import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Endpoint } from './endpoints.ts';
import { getAt, setAt } from './records.ts';
import {
  attempted,
  type Chain,
  escaped,
  evaluated,
  FAILED,
  isTrue,
  readsOf,
  scope,
  textOf,
  type World,
} from './templates.ts';

/** Where a request carries the token of its page. */
export interface TokenPlace {
  readonly in: 'query' | 'header' | 'data' | 'json' | 'path';
  readonly path: readonly string[];
  /** The value is more than the token: how it is put together. */
  readonly template?: string;
}

export interface Paging {
  readonly kind: 'none' | 'offset' | 'page' | 'cursor';
  readonly pageSize: number;
  /** Pages must be full to go on. */
  readonly bySize: boolean;
  readonly start: number;
  readonly places: readonly TokenPlace[];
  readonly strategy: JsonObject;
}

/** A parameter that the mock adds to the addresses of next pages. */
export const MARKER = 'mock_page';
const SMALL_PAGE = 3;

export function pagingOf(endpoint: Endpoint, world: World): Paging {
  const paginator = [endpoint.retriever.paginator, endpoint.retriever.download_paginator].find(isJsonObject);
  const strategy = paginator && isJsonObject(paginator.pagination_strategy) ? paginator.pagination_strategy : null;
  if (!paginator || !strategy || endpoint.role === 'create_job') return { ...NONE };
  const at = scope(world, strategy);
  const size = Number(textOf(strategy.page_size, at) ?? Number.NaN);
  const option = isJsonObject(paginator.page_token_option) ? paginator.page_token_option : null;
  const kinds: Record<string, Paging['kind']> = {
    OffsetIncrement: 'offset',
    PageIncrement: 'page',
    CursorPagination: 'cursor',
  };
  return {
    kind: kinds[String(strategy.type)] ?? 'none',
    pageSize: Number.isFinite(size) && size > 0 ? size : SMALL_PAGE,
    bySize: Number.isFinite(size),
    start: Number(strategy.start_from_page ?? 0),
    places: [...(option ? placesOfOption(option, world) : []), ...placesInTemplates(endpoint.requester)],
    strategy,
  };
}

const NONE: Paging = { kind: 'none', pageSize: SMALL_PAGE, bySize: false, start: 0, places: [], strategy: {} };

function placesOfOption(option: JsonObject, world: World): TokenPlace[] {
  if (option.type === 'RequestPath') return [{ in: 'path', path: [] }];
  const at = scope(world, option);
  const kinds: Record<string, TokenPlace['in']> = {
    request_parameter: 'query',
    header: 'header',
    body_data: 'data',
    body_json: 'json',
  };
  const path = Array.isArray(option.field_path)
    ? option.field_path.map((part) => textOf(part, at) ?? '')
    : [textOf(option.field_name, at) ?? ''];
  const place = kinds[String(option.inject_into)];
  return place ? [{ in: place, path }] : [];
}

/** Parameters and bodies that write `next_page_token` themselves. */
function placesInTemplates(requester: JsonObject): TokenPlace[] {
  const below = (value: JsonValue | undefined, place: TokenPlace['in'], path: string[]): TokenPlace[] => {
    if (typeof value === 'string')
      return value.includes('next_page_token') ? [{ in: place, path, template: value }] : [];
    if (Array.isArray(value)) return value.flatMap((item, index) => below(item, place, [...path, String(index)]));
    return isJsonObject(value)
      ? Object.entries(value).flatMap(([key, item]) => below(item, place, [...path, key]))
      : [];
  };
  return [
    ...below(requester.request_parameters, 'query', []),
    ...below(requester.request_headers, 'header', []),
    ...below(requester.request_body_data, 'data', []),
    ...below(requester.request_body_json, 'json', []),
    ...(isJsonObject(requester.request_body) ? below(requester.request_body.value, 'json', []) : []),
  ];
}

/**
 * The token in a value that a template made of it: the one of the candidates with which the template gives this value. `rest` is what
 * the value says beside it. Null where none fits.
 */
export function tokenInText(
  value: string,
  template: string,
  candidates: readonly (string | number | null)[],
  world: World,
): { token: string | null; rest: string } | null {
  if (template.includes('{%')) return null;
  for (const candidate of candidates) {
    const variables = { next_page_token: candidate === null ? {} : { next_page_token: candidate } };
    const at = scope(world, {}, variables);
    const pieces = template.trim().split(/(\{\{.*?\}\})/s);
    const pattern = pieces.map((piece) => {
      if (!piece.startsWith('{{')) return escaped(piece);
      const known = evaluated(piece, at);
      return known === null && !piece.includes('next_page_token')
        ? '(.*?)'
        : escaped(known === null ? '' : String(known));
    });
    const found = new RegExp(`^${pattern.join('')}$`, 's').exec(value.trim());
    if (found) return { token: candidate === null ? null : String(candidate), rest: found.slice(1).join('|') };
  }
  return null;
}

/** What a page's answer says beside its records. */
export interface Signals {
  readonly body: readonly (readonly [readonly (string | number)[], JsonValue])[];
  readonly headers: Readonly<Record<string, string>>;
}

export interface PageSite {
  /** From 1. */
  readonly page: number;
  /** The address of the request, without the marker. */
  readonly url: string;
  readonly records: readonly JsonObject[];
  /** The answer's body with these records and these signals. */
  body(signals: Signals): JsonValue;
}

/** What a signal says: a value, nothing, or that the path ends so many keys earlier with a value. */
type Candidate = (site: PageSite) => JsonValue | undefined | Cut;

class Cut {
  readonly keys: number;
  readonly value: JsonValue;

  constructor(keys: number, value: JsonValue) {
    this.keys = keys;
    this.value = value;
  }
}

/**
 * What an API may say where the next page is; tried one after the other until the manifest's own templates go on, or stop. A word comes
 * first, save where the token is an address.
 */
const WORD: Candidate = ({ page }) => `token${page + 1}`;
const ADDRESS: Candidate = ({ page, url }) => nextUrl(url, page + 1);
const OTHERS: readonly Candidate[] = [
  ({ page }) => page + 1,
  () => true,
  () => null,
  () => undefined,
  () => false,
  () => '',
  ({ page }) => page,
  () => 3,
  () => 1_000_000,
  () => 0,
  ({ page, url }) => [
    { rel: 'next', url: nextUrl(url, page + 1), href: nextUrl(url, page + 1), link: nextUrl(url, page + 1) },
  ],
  () => [],
  ({ page, url }) => nextUrl(url, page + 1).replace(/^https?:\/\/[^/]+/, ''),
  () => new Cut(1, {}),
  () => new Cut(1, null),
  () => new Cut(2, {}),
  () => new Cut(2, null),
];
const MOST_TRIES = 12_000;

export interface Plan {
  /** What is said while there are more pages; null where nothing makes the manifest go on. */
  readonly more: ((site: PageSite) => Signals) | null;
  readonly last: ((site: PageSite) => Signals) | null;
  token(site: PageSite, signals: Signals): string | null;
}

/** Finds what the answers of a cursor-paginated API must say so that this manifest goes on, and stops. */
export function planOf(
  paging: Paging,
  world: World,
  sites: { page: (page: number) => PageSite; recordsAt: readonly (string | number)[] },
): Plan {
  const at = scope(world, paging.strategy);
  const { cursor_value: cursor, stop_condition: stop } = paging.strategy;
  const texts = [cursor, stop].filter((text): text is string => typeof text === 'string');
  const isPath = paging.places.some((place) => place.in === 'path');
  const chains = unique(
    texts.flatMap((text) => readsOf(text, ['response', 'headers']).chains),
    sites.recordsAt,
  );
  const token = (site: PageSite, signals: Signals): string | null => {
    const variables = {
      response: firstDocument(site.body(signals)),
      headers: headersSeen(signals.headers),
      last_record: site.records.at(-1) ?? null,
      last_page_size: site.records.length,
    };
    const seen = { ...at, variables: { ...at.variables, ...variables } };
    const stopped = typeof stop === 'string' ? isTrue(stop, seen) : false;
    if (stopped) return null;
    const value = stopped === null ? FAILED : attempted(cursor, seen);
    if (value === FAILED) return FAILED_TOKEN;
    const text =
      value === null || value === undefined || value === '' || value === false || isEmpty(value)
        ? null
        : textOf(cursor, seen);
    return text;
  };
  const [first, second] = [sites.page(1), sites.page(2)];
  const goesOn = (signals: (site: PageSite) => Signals): boolean => {
    const [one, two] = [token(first, signals(first)), token(second, signals(second))];
    if (one === FAILED_TOKEN || two === FAILED_TOKEN) return false;
    if (!one || !two || one === two) return one !== null && two !== null && readsRecords(texts);
    return !isPath || (one.includes(MARKER) && two.includes(MARKER));
  };
  const stops = (signals: (site: PageSite) => Signals) => token(second, signals(second)) === null;
  const candidates = isPath ? [ADDRESS, WORD, ...OTHERS] : [WORD, ADDRESS, ...OTHERS];
  return { more: search(chains, candidates, goesOn), last: search(chains, candidates, stops), token };
}

/** Templates that fail with an answer: no API answers so. */
const FAILED_TOKEN = '\u0000failed';

/** A body that is a list shows templates its first item. */
function firstDocument(body: JsonValue): JsonValue {
  return Array.isArray(body) ? (body[0] ?? {}) : body;
}

function readsRecords(texts: readonly string[]): boolean {
  return texts.some((text) => text.includes('last_record'));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function search(
  chains: readonly Chain[],
  candidates: readonly Candidate[],
  accepts: (signals: (site: PageSite) => Signals) => boolean,
): ((site: PageSite) => Signals) | null {
  const count = Math.min(MOST_TRIES, candidates.length ** chains.length);
  for (let index = 0; index < count; index++) {
    const signals = (site: PageSite) => signalsOf(chains, candidates, index, site);
    if (accepts(signals)) return signals;
  }
  return null;
}

function signalsOf(chains: readonly Chain[], candidates: readonly Candidate[], index: number, site: PageSite): Signals {
  const body: [readonly (string | number)[], JsonValue][] = [];
  const headers: Record<string, string> = {};
  let rest = index;
  for (const { root, path } of chains) {
    const value = candidates[rest % candidates.length]?.(site);
    rest = Math.floor(rest / candidates.length);
    if (value === undefined) continue;
    if (root === 'headers') Object.assign(headers, headerOf(path, value));
    else if (!(value instanceof Cut)) body.push([path, value]);
    else if (path.length > value.keys) body.push([path.slice(0, -value.keys), value.value]);
  }
  return { body, headers };
}

/** Named as the template names it: some engines keep the case. */
function headerOf([name]: readonly (string | number)[], value: JsonValue | Cut): Record<string, string> {
  if (name === undefined || value === null || typeof value === 'object') return {};
  return String(name).toLowerCase() === 'link'
    ? { Link: `<${String(value)}>; rel="next"` }
    : { [String(name)]: String(value) };
}

/** Only the deepest of each chain, and none among the records. */
function unique(chains: readonly Chain[], recordsAt: readonly (string | number)[]): Chain[] {
  const key = ({ root, path }: Chain) =>
    `${root}/${root === 'headers' ? String(path[0]).toLowerCase() : path.join('/')}`;
  const byKey = new Map(chains.filter(({ path }) => path.length > 0).map((chain) => [key(chain), chain]));
  return [...byKey.values()].filter(
    (chain) =>
      ![...byKey.keys()].some((other) => other.startsWith(`${key(chain)}/`)) &&
      !(
        chain.root === 'response' &&
        recordsAt.length > 0 &&
        recordsAt.every((part, index) => chain.path[index] === part)
      ),
  );
}

export function withSignals(body: JsonValue, signals: Signals): JsonValue {
  if (!isJsonObject(body)) return body;
  const copy = structuredClone(body);
  for (const [path, value] of signals.body) if (getAt(copy, path) === undefined) setAt(copy, path, value);
  return copy;
}

function headersSeen(headers: Readonly<Record<string, string>>): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    all[name.toLowerCase()] = value;
    all[name] = value;
  }
  const [, url] = /<([^>]*)>/.exec(headers.Link ?? '') ?? [];
  return { ...all, link: url ? { next: { url, rel: 'next' } } : {} };
}

function nextUrl(url: string, page: number): string {
  const next = new URL(url);
  next.searchParams.set('next', `a${page}`);
  for (const name of ['cursor', 'after', 'page', 'offset', 'endingBefore', '$skiptoken', MARKER])
    next.searchParams.set(name, `p${page}`);
  return next.href.replaceAll('%24', '$');
}
