import type { Hono } from 'hono';
import { identify } from '#lib/access/identify.ts';
import { requestOrigin } from '#lib/access/request-origin.ts';
import { mayActAs } from '#lib/access/roles.ts';
import { type BeginConsent, beginConsent, finishConsent } from '#lib/connections/consents/consents.ts';
import { WeirError } from '#lib/errors.ts';
import { anyObject, readBody, shape, text, uuid } from '../body.ts';
import { consentOwner, filledOf } from '../consent-owner.ts';
import { as, type Door, type DoorEnv, note } from '../door.ts';

/** Providers send people back here; it is what they register there. */
export const CALLBACK_PATH = '/oauth/callback';

const begin = shape(
  {
    connectorId: uuid,
    sourceId: uuid,
    consentId: uuid,
    name: text,
    config: anyObject,
    clientId: text,
    clientSecret: text,
    consentUrl: text,
    tokenUrl: text,
    scope: text,
  },
  ['connectorId', 'config'],
);

/** The consent of a provider that fills a source's config: begun from the form, ended where the provider sends people back to. */
export function consentRoutes(app: Hono<DoorEnv>): void {
  app.post('/oauth/consents', as('editor', 'oauth.begin', begin), async (c) => {
    const input = await readBody<BeginConsent & { consentId?: string }>(c.req.raw, begin);
    const redirectUri = redirectAddress(c);
    c.set('subject', `connector:${input.connectorId}`);
    const form = { ...input, name: input.name ?? '' };
    const filled = await filledOf(c, input.consentId);
    const { id, url } = await beginConsent(c.get('context'), consentOwner(c), redirectUri, form, filled);
    return c.json({ id, url, redirectUri }, 201);
  });
}

/** The browser comes from the provider; whatever happened, it goes on to a page that says so, with no secret in its address. */
export async function consentCallback(c: Door): Promise<Response> {
  const context = c.get('context');
  const identity = await identify(context, c.req.raw);
  if (!identity?.sessionId) return c.redirect('/sources/not-connected?why=signed-out', 303);
  c.set('identity', identity);
  if (!mayActAs(identity.role, 'editor')) return c.redirect('/sources/not-connected?why=role', 303);
  const { state = '', code, error, error_description: errorDescription } = c.req.query();
  const back = { state, code: code || null, error: error || null, errorDescription: errorDescription || null };
  const done = await finishConsent(context, { ...identity, sessionId: identity.sessionId }, back);
  if (done === null) {
    await note(c, 'oauth.refused', 'state');
    return c.redirect('/sources/not-connected?why=state', 303);
  }
  const subject = done.sourceId === null ? `connector:${done.connectorId}` : `source:${done.sourceId}`;
  await note(c, done.failure === null ? 'oauth.connected' : 'oauth.failed', subject);
  const form = done.sourceId === null ? `/sources/new?connector=${done.connectorId}&` : `/sources/${done.sourceId}?`;
  return c.redirect(`${form}consent=${done.id}`, 303);
}

/** One address per installation where WEIR_URL is set: a session of another one would not come back with the browser. */
function redirectAddress(c: Door): string {
  const { env } = c.get('context');
  const origin = requestOrigin(env, c.req.raw);
  if (env.publicUrl === null || new URL(env.publicUrl).origin === origin) return `${origin}${CALLBACK_PATH}`;
  throw new WeirError({
    kind: 'config',
    code: 'wrong_origin',
    message: `Weir is open at ${origin}, and providers send people back to ${env.publicUrl}.`,
    hint: `Open ${env.publicUrl} and sign in there.`,
  });
}
