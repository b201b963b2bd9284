import { keepAnswer, takeKey } from '#lib/access/idempotency.ts';
import { readBytes } from './body.ts';
import type { Door } from './door-env.ts';
import { badRequest } from './failures.ts';

const KEY_LENGTH = 200;
/** Larger bodies are refused anyway. */
const BODY_BYTES = 4_000_000;

/**
 * Does a POST with an `Idempotency-Key` once: the same request again within a day is answered with what the first one was
 * answered, and does nothing. Requests without the header are done as often as they come.
 */
export async function once(c: Door, work: () => Promise<Response>): Promise<Response> {
  const key = c.req.header('idempotency-key');
  // Files are not compared.
  const isJson = c.req.raw.body === null || c.req.header('content-type')?.startsWith('application/json') === true;
  const isKept = c.req.method === 'POST' && isJson;
  if (key === undefined || !isKept) return work();
  if (key.trim() === '' || key.length > KEY_LENGTH)
    throw badRequest(`Idempotency-Key takes 1 to ${KEY_LENGTH} characters.`);
  const context = c.get('context');
  const { workspaceId } = c.get('identity');
  const body = new TextDecoder().decode(await bytesOf(c.req.raw));
  const request = { workspaceId, key, request: `${c.req.method} ${c.req.path} ${body}` };
  const kept = await takeKey(context, request);
  if (kept) return replayed(kept);
  try {
    const answer = await work();
    await keepAnswer(context, request, answer.ok ? await copyOf(answer) : null);
    return answer;
  } catch (error) {
    await keepAnswer(context, request, null);
    throw error;
  }
}

/** The bytes of a body that is read again afterwards, unless it is too large. */
async function bytesOf(request: Request): Promise<Uint8Array> {
  try {
    return await readBytes(request.clone(), BODY_BYTES);
  } catch (error) {
    // Of a body that broke off, giving up fails as well: what it broke off with is told.
    request.body?.cancel().catch(() => undefined);
    throw error;
  }
}

async function copyOf(answer: Response) {
  const copy = answer.clone();
  return { status: copy.status, contentType: copy.headers.get('content-type'), body: await copy.text() };
}

function replayed({ status, contentType, body }: Awaited<ReturnType<typeof copyOf>>): Response {
  const headers = { 'idempotency-replayed': 'true', ...(contentType !== null && { 'content-type': contentType }) };
  return new Response(status === 204 ? null : body, { status, headers });
}
