import type { MiddlewareHandler } from 'hono';
import { audit } from '#lib/access/audit.ts';
import { identify, identifyWithCookies } from '#lib/access/identify.ts';
import { clientAddress } from '#lib/access/request-origin.ts';
import { assertRole } from '#lib/access/roles.ts';
import type { Role } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Door, DoorEnv } from './door-env.ts';
import { badRequest } from './failures.ts';
import { once } from './once.ts';

export type { Door, DoorEnv } from './door-env.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Lets through who has the role; with `action`, notes in the audit log what was done and what was refused.
 * Every route names one, so that none is open by oversight.
 */
export function as(role: Role, action?: string, input?: JsonObject): Entrance {
  const enter: MiddlewareHandler<DoorEnv> = async (c, next) => {
    const { identity, setCookies } = await identifyWithCookies(c.get('context'), c.req.raw);
    if (!identity) throw notSignedIn();
    c.set('identity', identity);
    await assertRoleAudited(c, role, action ?? `${c.req.method} ${c.req.path}`);
    const handled = async () => {
      await next();
      return c.res;
    };
    const answer = await once(c, handled);
    if (answer !== c.res) c.res = answer;
    for (const cookie of setCookies) c.header('set-cookie', cookie, { append: true });
    if (action && c.res.ok) await note(c, action, c.get('subject') ?? c.req.path.replace('/api/weir/v1/', ''));
  };
  return Object.assign(enter, { entrance: { role, ...(action && { action }), ...(input && { input }) } });
}

/** A middleware that says whom it lets in; `input` is the schema of the body, for those who read about the route. */
export type Entrance = MiddlewareHandler<DoorEnv> & {
  readonly entrance: { readonly role: Role; readonly action?: string; readonly input?: JsonObject };
};

/** Whether who was let in still would be, into the same workspace: sessions end, members are removed, keys expire. */
export async function isStillIn(c: Door): Promise<boolean> {
  const identity = await identify(c.get('context'), c.req.raw);
  return identity?.workspaceId === c.get('identity').workspaceId;
}

/** An entry in the audit log in the caller's name. */
export async function note(c: Door, action: string, subject: string): Promise<void> {
  const { workspaceId, actor } = c.get('identity');
  const changes = c.get('changes') as unknown as JsonObject | undefined;
  const detail = { from: addressOf(c), ...(changes && { changes }) };
  await audit(c.get('context'), { workspaceId, actor, action, subject, detail });
}

/** Where the request came from, as far as it can be known. */
export function addressOf(c: Door): string {
  return clientAddress(c.get('context').env, c.req.raw.headers, c.env?.peer);
}

/** A uuid of the path. What is none can't be there. */
export function idOf(c: Door, name = 'id'): string {
  return asId(c.req.param(name) ?? '');
}

export function asId(text: string): string {
  if (UUID.test(text)) return text;
  throw badRequest('There is nothing with this id.', 'not_found');
}

/** A whole number of the path or query. */
export function numberOf(text: string | undefined, otherwise?: number): number {
  const value = text === undefined || text === '' ? otherwise : Number(text);
  if (value !== undefined && Number.isSafeInteger(value) && value >= 0) return value;
  throw badRequest(`${text ?? 'nothing'} is no whole number.`);
}

/** 201 with the new id, which the audit log names too. */
export function created<T extends { id: string | number }>(c: Door, noun: string, row: T): Response {
  c.set('subject', `${noun}:${row.id}`);
  return c.json(row, 201);
}

async function assertRoleAudited(c: Door, role: Role, action: string): Promise<void> {
  try {
    assertRole(c.get('identity').role, role);
  } catch (error) {
    await note(c, 'refused', action);
    throw error;
  }
}

export function notSignedIn(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_signed_in',
    message: 'Nobody is signed in.',
    hint: 'Sign in, or send an API key as Authorization: Bearer.',
  });
}
