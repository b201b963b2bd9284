import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import type { MockAnswer } from './answers.ts';
import type { Endpoint } from './endpoints.ts';
import { hash } from './templates.ts';

/** Errors that the manifest's handlers have a word for: some requests fail at first, some pieces of a stream always. */
export function errorFor({ requester, role, sliced, name }: Endpoint, key: string, tries: number): MockAnswer | null {
  if (role !== 'stream') return null;
  const filters = filtersOf(requester.error_handler);
  const chance = hash(`error${key}`);
  const ignored = pick(filters, ['IGNORE'], chance);
  if (sliced && ignored && chance % 9 === 0) return refused(ignored.code, ignored.text);
  if (tries > 0 || chance % (sliced ? 7 : 3) !== 0) return null;
  const retried = pick(filters, ['RETRY', 'RATE_LIMITED'], chance);
  if (retried) return refused(retried.code, retried.text);
  const handled = new Set(filters.flatMap(({ codes }) => codes));
  const usual = [503, 429, 500].filter((code) => !handled.has(code) && !handled.has(0));
  return filters.some(({ predicate }) => predicate) || usual.length === 0
    ? null
    : refused(usual[hash(name) % usual.length] ?? 503, '');
}

interface Filter {
  readonly action: string;
  readonly codes: readonly number[];
  readonly text: string;
  readonly predicate: boolean;
}

function filtersOf(handler: JsonValue | undefined): Filter[] {
  if (Array.isArray(handler)) return handler.flatMap(filtersOf);
  if (!isJsonObject(handler)) return [];
  const own = Array.isArray(handler.response_filters) ? handler.response_filters.filter(isJsonObject) : [];
  return [...own.map(filterOf), ...filtersOf(handler.error_handlers)];
}

function filterOf(filter: JsonObject): Filter {
  return {
    action: String(filter.action ?? ''),
    codes: (Array.isArray(filter.http_codes) ? filter.http_codes : []).map(Number),
    text: typeof filter.error_message_contains === 'string' ? filter.error_message_contains : '',
    predicate: typeof filter.predicate === 'string' && filter.predicate !== '',
  };
}

function pick(
  filters: readonly Filter[],
  actions: readonly string[],
  chance: number,
): { code: number; text: string } | null {
  const usable = filters.filter(({ action, codes }) => actions.includes(action) && codes.some((code) => code >= 400));
  const chosen = usable[chance % Math.max(1, usable.length)];
  const codes = chosen?.codes.filter((code) => code >= 400) ?? [];
  const code = codes[(chance >>> 3) % Math.max(1, codes.length)];
  return chosen && code !== undefined ? { code, text: chosen.text } : null;
}

function refused(status: number, text: string): MockAnswer {
  const message = text || `mock says ${status}`;
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: stringifyJson({ error: { message, code: status }, message, errors: [{ message }] }),
  };
}
