import { Agent, setGlobalDispatcher } from 'undici';
import type { Guard } from './address-guard.ts';
import { guardedConnector } from './guarded-connector.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** For documents, keys and tokens of a provider: none of them is large. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** From now on, what a library of this process fetches by itself goes through the guard as well; each redirect is a new connection and is checked anew. */
export function guardGlobalFetch(guard: Guard): void {
  const connect = guardedConnector(guard, { timeoutMs: CONNECT_TIMEOUT_MS });
  setGlobalDispatcher(new Agent({ connect, maxResponseSize: MAX_ANSWER_BYTES }));
}
