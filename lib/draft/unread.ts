import { isJsonObject, type JsonValue } from '#lib/json.ts';
import type { Answered, Call, Unread } from './draft.ts';
import { findAuth } from './find-auth.ts';

/** What an API says beyond this is no sentence. */
const MOST_WORDS = 200;
/** Where APIs put what went wrong. */
const WORDS = ['message', 'error_description', 'detail', 'description', 'title', 'error', 'errors', 'reason'];

/** Why an answer can't be read, and what to do. Null for one that can. */
export function unreadOf({ answer, ...call }: Call & { readonly answer: Answered }): Unread | null {
  const { status, body } = answer;
  const { host } = new URL(call.url);
  if (status === 401 || status === 403) {
    const hasKey = Object.keys(findAuth(call)?.value.values ?? {}).length > 0;
    const { happened, hint } = hasKey ? keyRefused(status) : keyWanted(status);
    return { reason: 'refused', says: `${host} ${happened}`, words: wordsIn(body), hint };
  }
  if (status >= 400)
    return { reason: 'failed', says: `${host} ${failed(status)}`, words: wordsIn(body), hint: hintFor(status) };
  if (typeof body !== 'string') return null;
  const isPage = /^\s*<(!doctype|html)/i.test(body);
  return {
    reason: 'no_json',
    says: `${host} answered with ${isPage ? 'a web page' : 'text that is no JSON'}.`,
    words: null,
    hint: isPage
      ? 'Enter the address of the API itself, as its documentation names it: this one is for people.'
      : 'CSV, Excel and other files are read by a file source. For XML open it in the editor, and choose a decoder.',
  };
}

function keyWanted(status: number) {
  return {
    happened: `refused (${status}): it wants to know who asks.`,
    hint: 'Give the API’s token and propose again. If it takes a key in another way, start from a cURL command that carries it.',
  };
}

function keyRefused(status: number) {
  return {
    happened: `refused the token or key that was sent (${status}).`,
    hint: 'Look whether it is whole, still valid, and allowed to read this. If the API takes it in another way, start from a cURL command that works.',
  };
}

function failed(status: number): string {
  return status === 404 ? 'has nothing at this address (404).' : `answered ${status}.`;
}

function hintFor(status: number): string {
  if (status === 404)
    return 'Enter the address of one of its lists, as the API’s documentation names it, such as https://api.example.com/v1/orders.';
  if (status === 429) return 'It has been asked too often: wait a minute, and propose again.';
  if (status >= 500)
    return 'The API itself has failed: try again later, or look whether its documentation names another address.';
  return 'Look in the API’s documentation what the address must carry, and propose again.';
}

/** The first sentence for people that the answer holds. */
function wordsIn(body: JsonValue): string | null {
  const words = wordsOf(body)?.trim().replace(/\s+/g, ' ');
  if (!words || words.startsWith('<')) return null;
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}

function wordsOf(body: JsonValue | undefined): string | null {
  if (typeof body === 'string') return body;
  if (Array.isArray(body)) return wordsOf(body[0]);
  if (!isJsonObject(body)) return null;
  const name = WORDS.find((known) => body[known] !== undefined && body[known] !== null);
  return name === undefined ? null : wordsOf(body[name]);
}
