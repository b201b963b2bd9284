import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import next from 'next';
import { operatorGuard } from '#lib/access/operator-guard.ts';
import { createApi } from '#lib/api/api.ts';
import { apiListener } from '#lib/api/listen.ts';
import { strictTransport } from '#lib/api/strict-transport.ts';
import { createContext, shareContext } from '#lib/context.ts';
import { repointDemo } from '#lib/demo/repoint-demo.ts';
import { readEnv } from '#lib/env.ts';
import { guardGlobalFetch } from '#lib/guard-global-fetch.ts';
import { createDemoApi } from './demo-api.ts';

/** Answered by lib/api: clients of an API need no page, and some send what Next would refuse. */
const API_PATHS = /^\/(api\/v1|api\/public\/v1|v1|api\/weir\/v1|api\/auth|oauth\/callback|api\/metrics)(\/|\?|$)/;
const DEMO_PATHS = /^\/demo\//;
const CLOSE_GRACE_MS = 5_000;
/** Proxies and load balancers keep a connection that nothing uses for a minute: of what they send on one that is just being closed nobody answers. */
const KEEP_ALIVE_MS = 75_000;

const { env } = readEnv(process.env, process.cwd());
const dev = process.env.WEIR_DEV === '1';
const context = createContext(env, { name: 'serve' });
guardGlobalFetch(operatorGuard(env));
shareContext(context);

const api = createApi(context);
const demo = createDemoApi({ tokens: () => context.demoTokens() });
const answerApi = apiListener(api);
const answerDemo = getRequestListener((request) => demo.fetch(request), { overrideGlobalObjects: false });
const pages = next({ dev, dir: process.cwd(), hostname: env.host, port: env.port });
await pages.prepare();
const answerPage = pages.getRequestHandler();

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const url = request.url ?? '/';
  const strict = strictTransport(env, request.headers);
  if (strict !== null) response.setHeader('strict-transport-security', strict);
  if (API_PATHS.test(url)) void answerApi(request, response);
  else if (DEMO_PATHS.test(url)) void answerDemo(request, response);
  else void answerPage(request, response);
});
if (dev) server.on('upgrade', pages.getUpgradeHandler());
await repointDemo(context).catch((error: unknown) => context.log.error({ err: error }, 'the demo was not repointed'));
/** Airbyte's clients know a port of the API alone. */
const apiServer = createServer((request, response) => void answerApi(request, response));
if (env.apiPort !== null) await listening(apiServer, env.apiPort);
await listening(server, env.port);
process.send?.('ready');

function listening(on: Server, port: number): Promise<void> {
  on.keepAliveTimeout = KEEP_ALIVE_MS;
  return new Promise((resolve, reject) => {
    on.once('error', reject);
    on.listen(port, env.host, () => resolve());
  });
}

let closing = false;
process.on('SIGTERM', close).on('SIGINT', close).on('disconnect', close);

/** Lets answers finish; live streams are cut after the grace, and their pages connect again. */
function close(): void {
  if (closing) return;
  closing = true;
  for (const each of [server, apiServer]) {
    each.close();
    setTimeout(() => each.closeAllConnections(), CLOSE_GRACE_MS).unref();
    each.closeIdleConnections();
  }
  server.once('close', () => void context.close().then(() => process.exit(0)));
}
