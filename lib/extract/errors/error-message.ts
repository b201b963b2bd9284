import { isJsonObject } from '#lib/json.ts';
import type { Answer } from '../families.ts';

/** Where APIs put the reason, in the order in which the CDK looks. */
const PLACES = [
  ...['message', 'messages', 'error', 'errors', 'failures', 'failure', 'detail', 'err', 'error_message', 'msg'],
  ...['reason', 'status_message', 'error_description', 'description', 'title'],
];
const DEEPEST = 20;

/** The reason that an answer gives, as the CDK finds it: a field with a usual name, or a body that is no JSON itself. */
export function errorMessageOf({ body }: Pick<Answer, 'body'>): string | null {
  return find(body, 0);
}

function find(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value;
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) {
    const found = value.map((item) => find(item, depth + 1)).filter((text) => text !== null);
    return found.join(', ');
  }
  if (!isJsonObject(value)) return null;
  const name = PLACES.find((place) => value[place]);
  return name === undefined ? null : find(value[name], depth + 1);
}
