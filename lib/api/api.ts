import { Hono } from 'hono';
import { assertOwnOrigin } from '#lib/access/request-origin.ts';
import type { Context } from '#lib/context.ts';
import type { Log } from '#lib/log.ts';
import { configTree, publicTree } from './airbyte/mount.ts';
import { configRefusal, publicRefusal } from './airbyte/refusals.ts';
import { configRoutes, publicRoutes } from './airbyte/routes.ts';
import type { DoorEnv } from './door.ts';
import { badRequest, failureResponse } from './failures.ts';
import { configDocument, ownDocument, publicDocument } from './openapi/documents.ts';
import { docsPage } from './openapi/page.ts';
import { paged } from './pages.ts';
import { accessRoutes } from './routes/access.ts';
import { alertRuleRoutes } from './routes/alert-rules.ts';
import { authRoutes } from './routes/auth.ts';
import { channelRoutes } from './routes/channels.ts';
import { connectionPastRoutes } from './routes/connection-past.ts';
import { connectionRoutes } from './routes/connections.ts';
import { connectorRoutes } from './routes/connectors.ts';
import { consentCallback, consentRoutes } from './routes/consents.ts';
import { destinationRoutes } from './routes/destinations.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { overviewRoutes } from './routes/overview.ts';
import { peopleRoutes } from './routes/people.ts';
import { pipelineRoutes } from './routes/pipelines.ts';
import { probeRoutes } from './routes/probes.ts';
import { quarantineRoutes } from './routes/quarantine.ts';
import { rowRoutes } from './routes/rows.ts';
import { setUpRoutes } from './routes/set-up.ts';
import { slackRoutes } from './routes/slack.ts';
import { sourceRoutes } from './routes/sources.ts';
import { suiteRoutes } from './routes/suites.ts';
import { syncRoutes } from './routes/syncs.ts';
import { triggerRoutes } from './routes/triggers.ts';
import { uploadRoutes } from './routes/uploads.ts';

const OWN = '/api/weir/v1';

/** `peer` is the address at the other end of the socket. */
export interface Api {
  fetch(request: Request, peer?: string): Promise<Response>;
}

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Weir's HTTP API over the operations of ring 3. Paths answer with and without a slash at the end. */
export function createApi(context: Context): Api {
  const app = new Hono<DoorEnv>({ strict: false });
  app.use(async (c, next) => {
    c.set('context', context);
    assertOwnOrigin(context.env, c.req.raw);
    if (c.req.url.includes('%00')) throw badRequest('No address may hold the character NUL.');
    await next();
  });
  app.onError((error, c) => refusalAt(c.req.path)(error, context.log));
  const own = ownRoutes();
  app.notFound((c) => nothingAt(own, c.req, context.log));

  app.get('/api/v1/health', (c) => c.json({ available: true }));
  app.get('/api/v1/openapi.json', (c) => c.json(configDocument()));
  app.get('/api/public/v1/openapi.json', (c) => c.json(publicDocument()));
  app.get('/v1/openapi.json', (c) => c.json(publicDocument()));
  app.route('/api/v1', configTree(configRoutes));
  app.route('/api/public/v1', publicTree(publicRoutes));
  app.route('/v1', publicTree(publicRoutes));
  app.route('/api/auth', authRoutes());
  app.get('/oauth/callback', consentCallback);
  app.route('/api/metrics', metricsRoutes());
  app.use(`${OWN}/:noun`, paged());
  app.route(OWN, own);
  return {
    async fetch(request, peer) {
      return guarded(await app.fetch(request, { peer }));
    },
  };
}

/** Each tree has its own form of an error, also for what is refused before a route is found. */
function refusalAt(path: string): typeof failureResponse {
  if (path.startsWith('/api/v1/')) return configRefusal;
  return /^\/(api\/public\/)?v1\//.test(path) ? publicRefusal : failureResponse;
}

/** Every answer, refusals among them, tells browsers to keep nothing and guess nothing. */
function guarded(response: Response): Response {
  for (const [name, value] of Object.entries(SECURITY_HEADERS))
    if (!response.headers.has(name)) response.headers.set(name, value);
  return response;
}

/** Of an address that has no route for this method it is said which ones it has. */
function nothingAt(own: Hono<DoorEnv>, { method, path }: { method: string; path: string }, log: Log): Response {
  const asked = path.replace(/\/+$/, '').slice(OWN.length).split('/');
  const isAt = (pattern: string) => {
    const parts = pattern.split('/');
    return parts.length === asked.length && parts.every((part, n) => part.startsWith(':') || part === asked[n]);
  };
  const methods = path.startsWith(`${OWN}/`)
    ? [...new Set(own.routes.flatMap((route) => (isAt(route.path) ? [route.method] : [])))]
    : [];
  if (methods.length === 0) return failureResponse(badRequest('There is nothing at this address.', 'not_found'), log);
  const said = `This address takes ${methods.join(' or ')}, and not ${method}.`;
  const answer = failureResponse(badRequest(said, 'wrong_method'), log);
  answer.headers.set('allow', methods.join(', '));
  return answer;
}

/** What `/api/weir/v1` answers; docs/http-api.md lists it. */
export function ownRoutes(): Hono<DoorEnv> {
  const app = new Hono<DoorEnv>({ strict: false });
  app.get('/health', (c) => c.json({ available: true }));
  const all = [
    setUpRoutes,
    overviewRoutes,
    connectorRoutes,
    sourceRoutes,
    consentRoutes,
    destinationRoutes,
    connectionRoutes,
    connectionPastRoutes,
    quarantineRoutes,
    rowRoutes,
    syncRoutes,
    probeRoutes,
    suiteRoutes,
    channelRoutes,
    alertRuleRoutes,
    slackRoutes,
    triggerRoutes,
    pipelineRoutes,
    accessRoutes,
    peopleRoutes,
    uploadRoutes,
  ];
  for (const add of all) add(app);
  app.get('/openapi.json', (c) => c.json(ownDocument(app)));
  app.get('/docs', () =>
    docsPage([
      { href: '/api/weir/v1/openapi.json', document: ownDocument(app) },
      { href: '/api/v1/openapi.json', document: configDocument() },
      { href: '/api/public/v1/openapi.json', document: publicDocument() },
    ]),
  );
  return app;
}
