import { readFileSync } from 'node:fs';
import type { Hono } from 'hono';
import type { JsonObject } from '#lib/json.ts';
import { configRoutes, publicRoutes } from '../airbyte/routes.ts';
import type { DoorEnv, Entrance } from '../door.ts';
import { type Operation, openApi } from './document.ts';

const OWN_ERROR: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['kind', 'code', 'message'],
      properties: {
        kind: { enum: ['config', 'transient', 'terminal', 'bug'] },
        code: { type: 'string', description: 'Stable: what programs match on.' },
        message: { type: 'string' },
        hint: { type: 'string', description: 'What to do about it.' },
        where: { type: 'object' },
      },
    },
    issues: {
      type: 'array',
      items: {
        type: 'object',
        required: ['message'],
        properties: { message: { type: 'string' }, path: { type: 'string' } },
      },
    },
  },
};
const CONFIG_ERROR: JsonObject = {
  type: 'object',
  required: ['message', 'errorId'],
  properties: {
    message: { type: 'string' },
    errorId: { type: 'string' },
    exceptionClassName: { type: 'string' },
    validationErrors: { type: 'array' },
  },
};
const PROBLEM: JsonObject = {
  type: 'object',
  required: ['status', 'type', 'title', 'detail'],
  properties: {
    status: { type: 'integer' },
    type: { type: 'string' },
    title: { type: 'string' },
    detail: { type: 'string' },
    data: { type: 'object' },
  },
};

/** Our own API, from its routes; what each does is told by the page that documents it. */
export function ownDocument(own: Hono<DoorEnv>): JsonObject {
  const described = descriptions();
  const operations = new Map<string, Operation>();
  for (const { method, path, handler } of own.routes) {
    const route = `${method} ${path}`;
    const { entrance } = handler as unknown as Partial<Entrance>;
    if (operations.has(route) && !entrance) continue;
    operations.set(route, {
      ...{ method, path, summary: described.get(route) ?? '' },
      role: entrance?.role ?? 'anybody',
      input: entrance?.input,
      answersJson: !NO_JSON.test(path),
    });
  }
  const description = 'Everything that the pages do. Errors carry a stable code; refused input names every problem.';
  return openApi([...operations.values()], {
    ...{ title: 'Weir', description, server: '/api/weir/v1', error: OWN_ERROR, mostRows: 1_000 },
  });
}

/** Event streams, pages and files. */
const NO_JSON = /\/(events|docs)$|\.(csv|txt)$/;

/** The two trees of Airbyte's API, in one document each. */
export function configDocument(): JsonObject {
  const operations = configRoutes.map(({ verb, summary, role, input }) => ({
    ...{ method: 'POST', path: `/${verb}`, summary, role, input, answersJson: true },
  }));
  const description = 'Airbyte’s Config API as Weir answers it. Each verb takes a POST.';
  return openApi(operations, {
    title: 'Weir for Airbyte’s clients: Config API',
    description,
    server: '/api/v1',
    error: CONFIG_ERROR,
    mostRows: 1_000,
  });
}

export function publicDocument(): JsonObject {
  const operations = publicRoutes.map(({ route, summary, role, input }) => {
    const [method = '', path = ''] = route.split(' ');
    return { method, path, summary, role, input, answersJson: path !== '/health' };
  });
  const description = 'Airbyte’s public API as Weir answers it, below /api/public/v1 and /v1.';
  return openApi(operations, {
    title: 'Weir for Airbyte’s clients: public API',
    description,
    server: '/api/public/v1',
    error: PROBLEM,
    mostRows: 100,
  });
}

/** The third column of the table of routes in docs/http-api.md. */
function descriptions(): Map<string, string> {
  const page = readFileSync(new URL('../../../docs/http-api.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z]+ \/[^`]*)` +\|[^|]*\| *(.*?) *\|$/gm)];
  return new Map(rows.map(([, route = '', what = '']) => [route, what.replaceAll('`', '')]));
}
