import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import type { MockAnswer } from './answers.ts';
import type { Endpoint } from './endpoints.ts';
import { hash } from './templates.ts';

/** Codes of which APIs recover by themselves. */
const PASSING = [503, 429, 500];
const RETRIED = ['RETRY', 'RATE_LIMITED'];
const SETTLED = ['SUCCESS', 'RETRY', 'IGNORE', 'RESET_PAGINATION'];
/** What an answer means that no filter of a manifest names. */
const MEANINGS: Record<number, string> = { 400: 'FAIL', 401: 'FAIL', 403: 'FAIL', 404: 'FAIL', 405: 'FAIL' };

/** Errors that the manifest's handlers have a word for: some requests fail at first, some pieces of a stream always. */
export function errorFor(endpoint: Endpoint, key: string, tries: number): MockAnswer | null {
  const { requester, role, sliced, name } = endpoint;
  if (role !== 'stream') return null;
  const handlers = handlersOf(requester.error_handler);
  const chance = hash(`error${key}`);
  const ignored = pick(handlers, ['IGNORE'], chance);
  if (sliced && ignored && chance % 9 === 0) return refused(ignored.code, ignored.text);
  if (tries > 0 || chance % (sliced ? 7 : 3) !== 0 || handlers[0]?.maxRetries === 0) return null;
  const retried = pick(handlers, RETRIED, chance);
  if (retried) return refused(retried.code, retried.text);
  // A POST that failed may have changed something: it is sent again only where the manifest says so.
  if (!isRepeatable(requester)) return null;
  const usual = PASSING.filter((code) => RETRIED.includes(meaningOf(handlers, code)));
  return handlers.some(({ filters }) => filters.some(({ predicate }) => predicate)) || usual.length === 0
    ? null
    : refused(usual[hash(name) % usual.length] ?? 503, '');
}

function isRepeatable({ http_method: method, error_handler: handler }: JsonObject): boolean {
  return String(method ?? 'GET').toUpperCase() === 'GET' || isJsonObject(handler);
}

interface Handler {
  readonly maxRetries: number;
  readonly filters: readonly Filter[];
}

interface Filter {
  readonly action: string;
  readonly codes: readonly number[];
  readonly text: string;
  readonly predicate: boolean;
}

function handlersOf(handler: JsonValue | undefined): Handler[] {
  if (Array.isArray(handler)) return handler.flatMap(handlersOf);
  if (!isJsonObject(handler)) return [];
  if (Array.isArray(handler.error_handlers)) return handlersOf(handler.error_handlers);
  const filters = Array.isArray(handler.response_filters) ? handler.response_filters.filter(isJsonObject) : [];
  return [{ maxRetries: Number(handler.max_retries ?? 5), filters: filters.map(filterOf) }];
}

function filterOf(filter: JsonObject): Filter {
  return {
    action: String(filter.action ?? ''),
    codes: (Array.isArray(filter.http_codes) ? filter.http_codes : []).map(Number),
    text: typeof filter.error_message_contains === 'string' ? filter.error_message_contains : '',
    predicate: typeof filter.predicate === 'string' && filter.predicate !== '',
  };
}

/** What the handlers, asked one after the other, make of a code. */
function meaningOf(handlers: readonly Handler[], code: number): string {
  const usual = MEANINGS[code] ?? (code === 429 ? 'RATE_LIMITED' : 'RETRY');
  let meaning = usual;
  for (const { filters } of handlers) {
    meaning = filters.find(({ codes }) => codes.includes(code))?.action || usual;
    if (SETTLED.includes(meaning)) return meaning;
  }
  return meaning;
}

/** A code that means one of the actions, and the text that the filter looks for. */
function pick(
  handlers: readonly Handler[],
  actions: readonly string[],
  chance: number,
): { code: number; text: string } | null {
  const usable = handlers
    .flatMap(({ filters }) => filters)
    .filter(({ action }) => actions.includes(action))
    .flatMap(({ codes, text }) => codes.map((code) => ({ code, text })))
    .filter(({ code }) => code >= 400 && actions.includes(meaningOf(handlers, code)));
  return usable[chance % Math.max(1, usable.length)] ?? null;
}

function refused(status: number, text: string): MockAnswer {
  const message = text || `mock says ${status}`;
  return {
    status,
    headers: { 'Content-Type': 'application/json' },
    body: stringifyJson({ error: { message, code: status }, message, errors: [{ message }] }),
  };
}
