import { isJsonObject, type JsonObject, type JsonValue, parseJson, stringifyJson } from '#lib/json.ts';
import { canonical } from '../compare.ts';
import { dateAt, stretchIn, textsOf } from './dates.ts';
import { encoded } from './encode.ts';
import type { Endpoint, Role } from './endpoints.ts';
import { errorFor } from './errors.ts';
import {
  MARKER,
  type PageSite,
  type Paging,
  type Plan,
  pagingOf,
  planOf,
  type Signals,
  type TokenPlace,
  tokenInText,
  withSignals,
} from './pages.ts';
import { getAt, recordOf, setAt } from './records.ts';
import { jobAnswer, loginAnswer, partsRecord } from './special.ts';
import { hash, scope, textOf, type World } from './templates.ts';

/** A request as it came, its address as it was meant. */
export interface Received {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of the endpoint that answered; null where none knew the address. */
  readonly role: Role | null;
  /** Whether the answer is kept for other streams: those of parents, also while they are read themselves, and logins. */
  readonly kept: boolean;
  readonly answer: MockAnswer | null;
}

export interface MockAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Answers the requests for one endpoint: the same request gets the same answer, whoever asks and in which order. */
export class Answers {
  readonly #endpoint: Endpoint;
  readonly #world: World;
  readonly #paging: Paging;
  readonly #recordsAt: readonly string[];
  readonly #tokens = new Map<string, { page: number; key: string }>();
  #plan: Plan | null = null;

  constructor(endpoint: Endpoint, world: World) {
    this.#endpoint = endpoint;
    this.#world = world;
    this.#paging = pagingOf(endpoint, world);
    this.#recordsAt = recordsPath(endpoint, world);
  }

  /** `tries` counts how often this very request came before. */
  answer(request: Received, tries: number): MockAnswer {
    const endpoint = this.#endpoint;
    if (endpoint.role === 'token' || endpoint.role === 'login') return loginAnswer(endpoint, this.#world);
    if (['create_job', 'poll_job', 'delete_job'].includes(endpoint.role))
      return jobAnswer(endpoint, this.#world, request, tries);
    const { token, key, marker } = this.#place(request);
    const error = errorFor(endpoint, `${key}|${token ?? ''}`, tries);
    if (error) return error;
    return this.#page(request, key, this.#pageNumber(key, token, marker), token);
  }

  #page(request: Received, key: string, page: number, token: string | null): MockAnswer {
    const total = this.#total(key);
    const { kind, pageSize } = this.#paging;
    const size = this.#size();
    const first = kind === 'none' ? 0 : kind === 'offset' ? offsetOf(token, pageSize) : (page - 1) * size;
    const count = kind === 'none' ? total : Math.max(0, Math.min(size, total - first));
    const records = Array.from({ length: Number.isFinite(count) ? count : 0 }, (_, index) =>
      this.#record(request, key, first + index, total),
    );
    const site = this.#site(urlOf(request), page, records);
    const plan = kind === 'cursor' ? this.#planned() : null;
    // Where nothing stops the paging but an empty page, one comes after the last records.
    const more = this.#goesOn && (first + count < total || (records.length > 0 && plan !== null && plan.last === null));
    const signals = ((more && plan?.more) || plan?.last)?.(site) ?? NO_SIGNALS;
    const next = more && plan ? plan.token(site, signals) : null;
    if (next !== null)
      this.#tokens.set(`${key}|${next}`, { page: page + 1, key }).set(`*|${next}`, { page: page + 1, key });
    return encoded(this.#endpoint, site.body(signals), signals.headers, this.#world);
  }

  #planned(): Plan {
    const recordsFor = (count: number) => (page: number) => {
      const url = 'https://plan.example.com/list?a=1';
      const records = Array.from({ length: count }, (_, index) =>
        this.#record(null, 'plan', (page - 1) * count + index, 100),
      );
      return this.#site(url, page, records);
    };
    if (this.#plan) return this.#plan;
    const small = planOf(this.#paging, this.#world, { page: recordsFor(SMALL), recordsAt: this.#recordsAt });
    const full = small.more
      ? null
      : planOf(this.#paging, this.#world, { page: recordsFor(this.#paging.pageSize), recordsAt: this.#recordsAt });
    const last =
      small.last ?? planOf(this.#paging, this.#world, { page: recordsFor(0), recordsAt: this.#recordsAt }).last;
    this.#full = full?.more !== null && full !== null;
    this.#plan = { more: small.more ?? full?.more ?? null, last: small.last ? last : null, token: small.token };
    if (!small.last) this.#plan = { ...this.#plan, last: null };
    return this.#plan;
  }
  #full = false;

  /** Where no request says which page it wants, the first is the last. */
  get #goesOn(): boolean {
    return this.#paging.places.length > 0;
  }

  /** Records of one page: a cursor whose templates don't look at the size gets small pages. */
  #size(): number {
    if (this.#paging.kind !== 'cursor') return this.#paging.pageSize;
    this.#planned();
    return this.#full ? this.#paging.pageSize : SMALL;
  }

  #total(key: string): number {
    const { kind, bySize } = this.#paging;
    const size = this.#size();
    const chance = hash(`total${key}`) % 100;
    if (isParts(this.#endpoint)) return 4;
    if (this.#recordsAt.length === 0 && this.#isObjectBody()) return kind === 'cursor' ? 2 : 1;
    if (!this.#goesOn && kind !== 'none') return Math.max(1, Math.min(2, size - 1));
    const { role, sliced } = this.#endpoint;
    if (role === 'parent' && sliced) return 1 + (chance % 2);
    if (kind === 'none') return role === 'parent' ? 3 : 1 + (chance % 4);
    if (role === 'parent') return size <= 5 ? size + 1 : 3;
    if (!this.#endpoint.sliced) return size <= 1000 ? size + 2 : 4;
    if (chance < 15) return 0;
    if (chance < 60 || size > 200) return 2;
    return chance < 75 && bySize ? size : size + 1;
  }

  /** The whole answer is one record where templates read fields of it. */
  #isObjectBody(): boolean {
    const texts = [this.#paging.strategy.cursor_value, this.#paging.strategy.stop_condition].map(String);
    return this.#recordsAt.length === 0 && texts.some((text) => /\bresponse\b/.test(text));
  }

  #site(url: string, page: number, records: readonly JsonObject[]): PageSite {
    const bare = this.#wrapped(records);
    return { page, url, records, body: (signals: Signals) => withSignals(bare, signals) };
  }

  #wrapped(records: readonly JsonObject[]): JsonValue {
    const star = this.#recordsAt.findIndex((part) => part === '*' || part === '**');
    if (this.#recordsAt.length === 0) return this.#isObjectBody() ? (records[0] ?? {}) : [...records];
    if (star < 0) return nest(this.#recordsAt, [...records]);
    const inner = this.#recordsAt.slice(star + 1);
    const items = records.map((record, index) =>
      inner.at(-1) === '*' ? nestStar(inner, record, index) : nest(inner, record),
    );
    // Engines take a list at the top apart: a path that begins with any key leads through an object.
    if (star === 0) return Object.fromEntries(items.map((item, index) => [`item${index}`, item]));
    return nest(this.#recordsAt.slice(0, star), items);
  }

  #record(request: Received | null, key: string, index: number, total: number): JsonObject {
    const endpoint = this.#endpoint;
    const now = this.#world.now();
    if (isParts(endpoint)) return partsRecord(endpoint, index, this.#world);
    const seed = `${endpoint.name}/${hash(key)}`;
    const record = recordOf(endpoint.schema, seed, index, now);
    for (const path of endpoint.read)
      if (getAt(record, path) === undefined)
        setAt(record, path, hash(`${seed}${index}`) % 4 === 0 ? null : `${path.at(-1)}-${index}`);
    this.#suitFilter(record, `${seed}/${index}`);
    for (const path of endpoint.keys) {
      const value = getAt(record, path);
      if (
        value === undefined ||
        value === null ||
        typeof value === 'boolean' ||
        (typeof value === 'string' && value.includes(' '))
      )
        setAt(record, path, `${path.at(-1)}-${index}`);
    }
    const { dates } = endpoint;
    if (dates) {
      const texts = request ? textsOf(request.query, request.path, request.body, {}) : [];
      const value = dates.counts
        ? index + 1
        : dateAt(
            stretchIn(texts, dates, now),
            index,
            total,
            dates,
            fieldSchema(endpoint.schema, dates.field),
            `${seed}/${index}`,
          );
      for (const path of endpoint.dateFields.length > 0 ? endpoint.dateFields : [[dates.field]])
        setAt(record, path, value);
    }
    return record;
  }

  /** Fields that a filter looks at take, now and then, a value that it names. */
  #suitFilter(record: JsonObject, seed: string): void {
    const { literals, read, retriever } = this.#endpoint;
    const selector = retriever.record_selector;
    if (!isJsonObject(selector) || !isJsonObject(selector.record_filter)) return;
    const usable = literals.filter((value) => ['string', 'number', 'boolean'].includes(typeof value)) as JsonValue[];
    for (const path of read) {
      const pick = hash(`filter${seed}${path.join('.')}`) % (usable.length + 2);
      if (pick < usable.length) setAt(record, path, usable[pick] ?? null);
    }
  }

  #pageNumber(key: string, token: string | null, marker: number | null): number {
    const { kind, start, places } = this.#paging;
    if (marker !== null) return marker;
    if (kind === 'page')
      return token === null
        ? 1
        : Number.isNaN(Number(token))
          ? Number.POSITIVE_INFINITY
          : Math.max(1, Number(token) - start + 1);
    if (kind !== 'cursor' || token === null || places.length === 0) return 1;
    return (
      this.#tokens.get(`${key}|${token}`)?.page ?? this.#tokens.get(`*|${token}`)?.page ?? Number.POSITIVE_INFINITY
    );
  }

  /** Splits a request into what it asks for and the page of it. */
  #place(request: Received): { token: string | null; key: string; marker: number | null } {
    const marked =
      request.query.find(([name]) => name === MARKER)?.[1] ?? new RegExp(`${MARKER}=(p\\d+)`).exec(request.path)?.[1];
    const tokens: string[] = [];
    const rests: string[] = [];
    const take = (place: TokenPlace['in'], name: string, value: string): boolean => {
      const found = this.#paging.places.find((item) => item.in === place && item.path[0] === name);
      if (!found) return true;
      rests.push(this.#takeToken(found, value, tokens));
      return false;
    };
    const query = request.query.filter(
      ([name, value]) => !(marked && /^[pa]\d+$/.test(value)) && take('query', name, value),
    );
    for (const [name, value] of Object.entries(request.headers))
      for (const place of this.#paging.places)
        if (place.in === 'header' && place.path[0]?.toLowerCase() === name) tokens.push(value);
    const body = this.#bodyWithout(request.body, tokens);
    const key = [
      request.method,
      request.origin,
      request.path,
      ...query.map(([name, value]) => `${name}=${value}`).toSorted(),
      ...rests,
      body,
    ].join('|');
    return { key, token: tokens[0] ?? null, marker: marked ? Number.parseInt(marked.slice(1), 10) : null };
  }

  /** Notes the token of a value, and gives what the value says beside it. */
  #takeToken(place: TokenPlace, value: string, tokens: string[]): string {
    const found = place.template ? tokenInText(value, place.template, this.#candidates(), this.#world) : null;
    if (found === null) tokens.push(value);
    else if (found.token !== null) tokens.push(found.token);
    return found?.rest ?? '';
  }

  /** Tokens that a request may carry, none first. */
  #candidates(): (string | number | null)[] {
    const { kind, start, pageSize } = this.#paging;
    if (kind === 'cursor')
      return [null, ...new Set([...this.#tokens.keys()].map((key) => key.slice(key.lastIndexOf('|') + 1)))];
    const numbers = Array.from({ length: MOST_PAGES }, (_, index) => index);
    return [null, ...numbers.map((page) => (kind === 'page' ? start + page : page * pageSize))];
  }

  #bodyWithout(body: string, tokens: string[]): string {
    const places = this.#paging.places.filter((place) => place.in === 'json' || place.in === 'data');
    if (body === '') return body;
    try {
      const json = parseJson(body);
      if (!isJsonObject(json)) return canonical(json);
      for (const place of places) {
        const value = getAt(json, place.path);
        if (value === undefined || value === null) continue;
        setAt(
          json,
          place.path,
          this.#takeToken(place, typeof value === 'string' ? value : stringifyJson(value), tokens),
        );
      }
      return canonical(json);
    } catch {
      if (places.length === 0) return body;
      const form = new URLSearchParams(body);
      for (const place of places) {
        const value = form.get(place.path[0] ?? '');
        if (value !== null) form.set(place.path[0] ?? '', this.#takeToken(place, value, tokens));
      }
      return form.toString();
    }
  }
}

const SMALL = 3;
/** Pages of which the numbers are known in templates. */
const MOST_PAGES = 40;
const NO_SIGNALS: Signals = { body: [], headers: {} };

function isParts({ role }: Endpoint): boolean {
  return role === 'parts' || role === 'schema';
}

function offsetOf(token: string | null, pageSize: number): number {
  const value = token === null ? 0 : Number(token);
  return Number.isNaN(value) ? pageSize * 100 : value;
}

function urlOf({ origin, path, query }: Received): string {
  const search = new URLSearchParams(
    query.filter(([name, value]) => name !== MARKER && !/^[pa]\d+$/.test(value)).map(([name, value]) => [name, value]),
  );
  return `${origin}${path}${search.size > 0 ? `?${search}` : ''}`;
}

function recordsPath({ retriever, role, stream }: Endpoint, world: World): string[] {
  const selector = isJsonObject(retriever.record_selector) ? retriever.record_selector : {};
  const extractor = role === 'download' ? (retriever.download_extractor ?? selector.extractor) : selector.extractor;
  const path = isJsonObject(extractor) && Array.isArray(extractor.field_path) ? extractor.field_path : [];
  return path.map((part) => textOf(part, scope(world, isJsonObject(extractor) ? extractor : stream)) ?? String(part));
}

function nest(path: readonly string[], value: JsonValue): JsonValue {
  return path.reduceRight<JsonValue>(
    (inner, part) => (part === '*' || part === '**' ? [inner] : { [part]: inner }),
    value,
  );
}

/** A list below each item: one with two records, one with one. */
function nestStar(path: readonly string[], record: JsonObject, index: number): JsonValue {
  return nest(path.slice(0, -1), index % 2 === 0 ? [record, { ...record }] : [record]);
}

function fieldSchema(schema: JsonValue | undefined, field: string): JsonValue | undefined {
  return isJsonObject(schema) && isJsonObject(schema.properties) ? schema.properties[field] : undefined;
}
