import { Hono } from 'hono';

import { type Identity, identify } from '#lib/access/identify.ts';
import { isFromThisMachine, localIdentity } from '#lib/access/local-identity.ts';
import { requestOrigin } from '#lib/access/request-origin.ts';
import { assertRole } from '#lib/access/roles.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { readBytes, readJson } from '../body.ts';
import { type Door, type DoorEnv, note, notSignedIn } from '../door.ts';
import { badRequest } from '../failures.ts';
import { once } from '../once.ts';
import type { Call, ConfigRoute, PublicRoute } from './call.ts';
import { configRefusal, publicRefusal } from './refusals.ts';

/** A client's id and secret, before anybody knows whose they are. */
const FORM_BYTES = 100_000;

type AnyRoute = ConfigRoute | PublicRoute;

/** `/api/v1/<thing>/<verb>`: each verb takes a POST. */
export function configTree(routes: readonly ConfigRoute[]): Hono<DoorEnv> {
  const app = new Hono<DoorEnv>({ strict: false });
  app.onError((error, c) => configRefusal(error, c.get('context').log));
  app.notFound((c) => configRefusal(nothingHere(), c.get('context').log));
  for (const route of routes) app.post(`/${route.verb}`, (c) => answer(c, route));
  return app;
}

/** The REST tree, which answers under two prefixes. */
export function publicTree(routes: readonly PublicRoute[]): Hono<DoorEnv> {
  const app = new Hono<DoorEnv>({ strict: false });
  app.onError((error, c) => publicRefusal(error, c.get('context').log));
  app.notFound((c) => publicRefusal(nothingHere(), c.get('context').log));
  for (const route of routes) {
    const [method = '', path = ''] = route.route.split(' ');
    app.on(method, path, (c) => answer(c, route));
  }
  return app;
}

async function answer(c: Door, route: AnyRoute): Promise<Response> {
  const identity = route.role === 'anybody' ? NOBODY : await letThrough(c, route);
  if (route.action === undefined) return handled(c, route, identity);
  const { action } = route;
  return once(c, async () => {
    const response = await handled(c, route, identity);
    await note(c, action, c.get('subject') ?? action);
    return response;
  });
}

async function handled(c: Door, route: AnyRoute, identity: Identity): Promise<Response> {
  const result = await route.handle(await callOf(c, identity));
  if (result instanceof Response) return result;
  return result === undefined ? c.body(null, 204) : c.json(result as JsonObject);
}

async function letThrough(c: Door, route: AnyRoute): Promise<Identity> {
  const context = c.get('context');
  const identity = (await identify(context, c.req.raw)) ?? (await withoutCredentials(c));
  if (!identity) throw notSignedIn();
  c.set('identity', identity);
  if (route.role === 'anybody') return identity;
  try {
    assertRole(identity.role, route.role);
  } catch (error) {
    await note(c, 'refused', route.action ?? `${c.req.method} ${c.req.path}`);
    throw error;
  }
  return identity;
}

async function withoutCredentials(c: Door): Promise<Identity | null> {
  const context = c.get('context');
  const open = !context.env.apiAuth && isFromThisMachine(c.req.raw.headers, c.req.url, c.env?.peer);
  return open ? localIdentity(context) : null;
}

async function callOf(c: Door, identity: Identity): Promise<Call> {
  const context = c.get('context');
  const request = c.req.raw;
  return {
    context,
    identity,
    body: await bodyOf(request),
    query: new URL(request.url).searchParams,
    params: c.req.param(),
    origin: requestOrigin(context.env, request),
    signal: request.signal,
    about: (subject) => c.set('subject', subject),
  };
}

/** JSON, or a form as OAuth's token requests send it. */
async function bodyOf(request: Request): Promise<JsonObject> {
  if (request.method === 'GET' || request.method === 'DELETE') return {};
  if (request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(new TextDecoder().decode(await readBytes(request, FORM_BYTES))));
  const body = await readJson(request);
  if (isJsonObject(body)) return body;
  throw badRequest('The body must be a JSON object.');
}

/** Never asked for anything: only the routes that need nobody see it. */
const NOBODY: Identity = { userId: null, name: '', email: '', workspaceId: '', role: 'viewer', actor: 'anonymous' };

function nothingHere() {
  return badRequest('There is nothing at this address.', 'not_found');
}
