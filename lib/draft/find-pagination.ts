import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Answered, Found } from './draft.ts';

interface Seen {
  readonly answer: Answered;
  /** The whole address that was asked. */
  readonly url: string;
  /** Records of the answer. */
  readonly count: number;
  readonly lastRecord: JsonObject | null;
  /** Parameters that the API is known to take, those of the address aside. */
  readonly known?: readonly string[];
  /** The most records a page may have by each of them, where the API says so. */
  readonly sizes?: Readonly<Record<string, number>>;
}

/** Parameters of one page: they are set by the paginator, and taken out of the address. */
export function isPaging(name: string): boolean {
  return [SIZE, PAGE, OFFSET, TOKEN_PARAMETER].some((pattern) => pattern.test(name));
}

const SIZE = /^(limit|per_?page|page_?size|count|size|max_?results|\$top|page\[size\]|take|\$limit|pagelen|rows)$/i;
const PAGE = /^(page|page_?number|page_?no|p|page\[number\]|pagenum|current_?page)$/i;
const OFFSET = /^(offset|skip|start|start_?at|\$skip|from|\$offset|page\[offset\]|start_?index)$/i;
const TOKEN_PARAMETER =
  /^(cursor|after|page_?token|next_?token|continuation|starting_after|next_?cursor|page\[cursor\])$/i;
const NEXT_LINK = /^(next|next_?(url|link|page|page_?url|href)|@odata\.nextlink|odata\.nextlink)$/i;
const NEXT_TOKEN =
  /^(next|next_?(page_?)?(token|cursor)|cursor|end_?cursor|continuation(_?token)?|page_?token|after|scroll_?id|next_?offset)$/i;
const MORE = /^(has_?more|has_?next(_?page)?|more|is_?last(_?page)?)$/i;

/** How the next page is asked for, by the answer to the first: links before tokens, tokens before counting. */
export function findPagination(seen: Seen): Found<JsonObject> | null {
  return linkHeader(seen) ?? linkInBody(seen) ?? lastRecordToken(seen) ?? tokenInBody(seen) ?? counted(seen);
}

function linkHeader({ answer }: Seen): Found<JsonObject> | null {
  const link = Object.entries(answer.headers).find(([name]) => name.toLowerCase() === 'link')?.[1] ?? '';
  if (!/rel="?next"?/i.test(link)) return null;
  return {
    value: paginator(
      {
        type: 'CursorPagination',
        cursor_value: "{{ headers['link']['next']['url'] }}",
        stop_condition: "{{ 'next' not in headers['link'] }}",
      },
      { type: 'RequestPath' },
    ),
    evidence: 'The header Link names the next page.',
  };
}

function linkInBody({ answer, url }: Seen): Found<JsonObject> | null {
  const found = fieldsIn(answer.body).find(
    ({ path, value }) => NEXT_LINK.test(nameOf(path)) && typeof value === 'string' && isAddress(value, url),
  );
  if (!found) return null;
  return {
    value: paginator(
      {
        type: 'CursorPagination',
        cursor_value: `{{ ${read(found.path)} }}`,
        stop_condition: `{{ not ${read(found.path)} }}`,
      },
      { type: 'RequestPath' },
    ),
    evidence: `\`${found.path.join('.')}\` is the address of the next page.`,
  };
}

/** Some APIs go on after the last record's id and say only whether there is more. */
function lastRecordToken(seen: Seen): Found<JsonObject> | null {
  const { answer, url, lastRecord, known = [] } = seen;
  const names = [...parametersOf(url), ...known];
  const after = names.find((name) => /^(starting_after|after_id|since_id)$/i.test(name));
  const more = fieldsIn(answer.body).find(({ path, value }) => MORE.test(nameOf(path)) && typeof value === 'boolean');
  const isStripe = isJsonObject(answer.body) && answer.body.object === 'list' && more;
  if (!lastRecord || lastRecord.id === undefined || !more || !(after || isStripe)) return null;
  const name = after ?? 'starting_after';
  return {
    value: paginator(
      {
        type: 'CursorPagination',
        cursor_value: "{{ last_record['id'] }}",
        stop_condition: `{{ not ${read(more.path)} }}`,
      },
      option(name),
      sizing(seen),
    ),
    evidence: `\`${more.path.join('.')}\` says whether there is more, and \`${name}\` takes the id of the last record.`,
  };
}

/** The field of an answer that holds what the next page is asked for with. */
export function nextToken(body: JsonValue): Field | undefined {
  return fieldsIn(body).find(
    ({ path, value }) =>
      NEXT_TOKEN.test(nameOf(path)) && (typeof value === 'string' || typeof value === 'number') && value !== '',
  );
}

function tokenInBody(seen: Seen): Found<JsonObject> | null {
  const { answer, url, known = [] } = seen;
  const found = nextToken(answer.body);
  if (!found) return null;
  const names = [...parametersOf(url), ...known];
  const given = names.find((name) => TOKEN_PARAMETER.test(name));
  const name = given ?? parameterFor(nameOf(found.path));
  return {
    value: paginator(
      {
        type: 'CursorPagination',
        cursor_value: `{{ ${read(found.path)} }}`,
        stop_condition: `{{ not ${read(found.path)} }}`,
      },
      option(name),
      sizing(seen),
    ),
    evidence: `\`${found.path.join('.')}\` holds a token for the next page${given ? '' : `; that it goes out as \`${name}\` is a guess`}.`,
  };
}

function counted(seen: Seen): Found<JsonObject> | null {
  const { answer, url, count, known = [] } = seen;
  const names = [...parametersOf(url), ...known];
  const fields = fieldsIn(answer.body);
  const said = (pattern: RegExp) => fields.find(({ path, value }) => pattern.test(nameOf(path)) && isNumber(value));
  const offset = names.find((name) => OFFSET.test(name)) ?? (said(OFFSET) && 'offset');
  const page = names.find((name) => PAGE.test(name)) ?? (said(PAGE) && 'page');
  const perPage = sizing(seen) ?? sizeSaid(said(SIZE));
  if (page !== undefined && !(offset && !parametersOf(url).includes(page))) {
    const first = Number(new URL(url).searchParams.get(page) ?? said(PAGE)?.value ?? 1) === 0 ? 0 : 1;
    return {
      value: paginator(
        { type: 'PageIncrement', start_from_page: first, ...(perPage && { page_size: perPage.size ?? count }) },
        option(page),
        perPage,
      ),
      evidence: `${known.includes(page) || parametersOf(url).includes(page) ? 'The API takes' : 'The answer names'} a page number, \`${page}\`.`,
    };
  }
  if (offset === undefined) return null;
  return {
    value: paginator(
      { type: 'OffsetIncrement', ...((perPage || count > 0) && { page_size: perPage?.size ?? count }) },
      option(offset),
      perPage,
    ),
    evidence: `${names.includes(offset) ? 'The API takes' : 'The answer names'} an offset, \`${offset}\`.`,
  };
}

interface Sizing {
  readonly name: string;
  /** Null where it is known only that there is one. */
  readonly size: number | null;
}

function sizing({ url, known = [], sizes = {} }: Seen): Sizing | null {
  const given = [...new URL(url).searchParams].find(([name]) => SIZE.test(name));
  if (given) return { name: given[0], size: Number(given[1]) || null };
  const name = known.find((item) => SIZE.test(item));
  return name ? { name, size: sizes[name] ?? null } : null;
}

function sizeSaid(field: Field | undefined): Sizing | null {
  return field ? { name: nameOf(field.path), size: Number(field.value) || null } : null;
}

const DEFAULT_SIZE = 100;

function paginator(strategy: JsonObject, token: JsonObject, perPage: Sizing | null = null): JsonObject {
  const counted: JsonObject = perPage ? { page_size: strategy.page_size || perPage.size || DEFAULT_SIZE } : {};
  return {
    type: 'DefaultPaginator',
    page_token_option: token,
    ...(perPage && { page_size_option: option(perPage.name) }),
    pagination_strategy: { ...strategy, ...counted },
  };
}

function option(name: string): JsonObject {
  return { type: 'RequestOption', inject_into: 'request_parameter', field_name: name };
}

function parameterFor(field: string): string {
  const bare = field.replace(/^next_?/i, '');
  if (bare === '') return 'cursor';
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}

interface Field {
  readonly path: readonly string[];
  readonly value: JsonValue;
}

const MOST_DEPTH = 3;

/** The scalars around the records. */
function fieldsIn(value: JsonValue, path: readonly string[] = []): Field[] {
  if (!isJsonObject(value) || path.length > MOST_DEPTH) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, key];
    return isJsonObject(inner) ? fieldsIn(inner, here) : Array.isArray(inner) ? [] : [{ path: here, value: inner }];
  });
}

function nameOf(path: readonly string[]): string {
  const last = path.at(-1) ?? '';
  // `next.url` and `next.href` are named by what holds them.
  return /^(url|href|link)$/i.test(last) ? (path.at(-2) ?? last) : last;
}

/** `response.get('paging', {}).get('next')`: a field that is missing on the last page is no error. */
function read(path: readonly string[]): string {
  return path.reduce((text, key, index) => `${text}.get('${key}'${index < path.length - 1 ? ', {}' : ''})`, 'response');
}

function isAddress(text: string, from: string): boolean {
  return /^https?:\/\//.test(text) || (text.startsWith('/') && URL.canParse(text, from));
}

function isNumber(value: JsonValue): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
}

function parametersOf(url: string): string[] {
  return [...new URL(url).searchParams.keys()];
}
