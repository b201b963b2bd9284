import type { MiddlewareHandler } from 'hono';
import { type DoorEnv, numberOf } from './door.ts';
import { badRequest } from './failures.ts';

const MOST = 1_000;
/** Newest first and endless: it goes on below an id (`before`). */
const BY_ID = /\/(syncs|audit)$/;

/**
 * With `limit` or `offset`, a list is answered by pages: `x-total-count` says how long it is, and `link` where the next page is.
 */
export function paged(): MiddlewareHandler<DoorEnv> {
  return async (c, next) => {
    const { limit, offset } = c.req.query();
    await next();
    const asked = c.req.method === 'GET' && (limit !== undefined || offset !== undefined) && !BY_ID.test(c.req.path);
    if (!asked || !c.res.ok || !c.res.headers.get('content-type')?.startsWith('application/json')) return;
    const rows: unknown = await c.res.clone().json();
    if (!Array.isArray(rows)) return;
    const [count, from] = [numberOf(limit, MOST), numberOf(offset, 0)];
    if (count < 1 || count > MOST) throw badRequest(`limit takes 1 to ${MOST}.`);
    const answer = c.json(rows.slice(from, from + count));
    answer.headers.set('x-total-count', String(rows.length));
    if (from + count < rows.length)
      answer.headers.set('link', `<${c.req.path}?limit=${count}&offset=${from + count}>; rel="next"`);
    c.res = undefined;
    c.res = answer;
  };
}
