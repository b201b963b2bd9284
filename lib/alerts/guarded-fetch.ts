import { Agent, fetch as undiciFetch } from 'undici';
import type { Guard } from '#lib/address-guard.ts';

const MAX_ANSWER_BYTES = 64 * 1024;

/** A `fetch` that connects to the checked address only, and keeps the Retry-After it saw; `close` ends its connections. */
export function guardedFetch(guard: Guard) {
  const agents: Agent[] = [];
  let retryAfter: string | null = null;
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(input));
    const checked = await guard(url.hostname, Number(url.port) || (url.protocol === 'https:' ? 443 : 80));
    const agent = new Agent({
      connect: {
        lookup: (_host, options, done) =>
          options.all ? done(null, [checked]) : done(null, checked.address, checked.family),
      },
      maxResponseSize: MAX_ANSWER_BYTES,
    });
    agents.push(agent);
    const response = await undiciFetch(url, { ...(init as object), dispatcher: agent });
    retryAfter = response.headers.get('retry-after');
    return response as unknown as Response;
  };
  return {
    fetch: fetch as typeof globalThis.fetch,
    retryAfterS: () => seconds(retryAfter),
    close: async () => void (await Promise.all(agents.map((agent) => agent.destroy()))),
  };
}

/** Retry-After in seconds; a date counts from now. */
function seconds(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  const value = Number(retryAfter);
  if (Number.isFinite(value)) return Math.max(0, value);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}
