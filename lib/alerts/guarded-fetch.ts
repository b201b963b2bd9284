import { Agent, fetch as undiciFetch } from 'undici';
import type { Guard } from '#lib/address-guard.ts';
import { WeirError } from '#lib/errors.ts';
import { guardedConnector } from '#lib/guarded-connector.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** A `fetch` that connects to the checked address only, or through the operator's proxy, and keeps the Retry-After it saw; `close` ends its connections. */
export function guardedFetch(guard: Guard) {
  const agents: Agent[] = [];
  let retryAfter: string | null = null;
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(input));
    const agent = new Agent({
      connect: guardedConnector(guard, { timeoutMs: CONNECT_TIMEOUT_MS }),
      maxResponseSize: MAX_ANSWER_BYTES,
    });
    agents.push(agent);
    const response = await undiciFetch(url, { ...(init as object), dispatcher: agent }).catch(throwRefusal);
    retryAfter = response.headers.get('retry-after');
    return response as unknown as Response;
  };
  return {
    fetch: fetch as typeof globalThis.fetch,
    retryAfterS: () => seconds(retryAfter),
    close: async () => void (await Promise.all(agents.map((agent) => agent.destroy()))),
  };
}

/** A refusal of the guard or of a proxy, out of what `fetch` wrapped it in. */
function throwRefusal(error: unknown): never {
  const { cause } = error as { cause?: unknown };
  throw cause instanceof WeirError ? cause : error;
}

/** Retry-After in seconds; a date counts from now. */
function seconds(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  const value = Number(retryAfter);
  if (Number.isFinite(value)) return Math.max(0, value);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}
