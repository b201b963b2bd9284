import { isJsonObject } from '#lib/json.ts';
import type { Answer } from '../families.ts';

/** Where APIs put the reason, in the order in which the CDK looks. */
const PLACES = [
  ...['message', 'messages', 'error', 'errors', 'failures', 'failure', 'detail', 'err', 'error_message', 'msg'],
  ...['reason', 'status_message'],
];
/** Where else they do; for people only, since rules of manifests are written against the CDK. */
const MORE_PLACES = ['error_description', 'description', 'title'];
const DEEPEST = 20;

/** The reason that an answer gives, as the CDK finds it: a field with a usual name, or a body that is no JSON itself. */
export function errorMessageOf({ body }: Pick<Answer, 'body'>): string | null {
  return find(body, PLACES, 0);
}

/** The same for people, with a few places more. */
export function reasonOf({ body }: Pick<Answer, 'body'>): string | null {
  return find(body, [...PLACES, ...MORE_PLACES], 0);
}

function find(value: unknown, places: readonly string[], depth: number): string | null {
  if (typeof value === 'string') return value;
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) {
    const found = value.map((item) => find(item, places, depth + 1)).filter((text) => text !== null);
    return found.join(', ');
  }
  if (!isJsonObject(value)) return null;
  const name = places.find((place) => isSomething(value[place]));
  return name === undefined ? null : find(value[name], places, depth + 1);
}

/** As Python has it: nothing, zero and what is empty say nothing. */
function isSomething(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}
