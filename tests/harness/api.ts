import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type Api, createApi } from '#lib/api/api.ts';
import type { Context } from '#lib/context.ts';
import { readEnv } from '#lib/env.ts';
import { createEnvReferences } from '#lib/env-references.ts';
import type { Queue } from '#lib/jobs/queue.ts';
import { createLog, type Log } from '#lib/log.ts';
import { createSecrets } from '#lib/secrets.ts';
import { type TestDatabase, testDatabase } from './database.ts';

export const ORIGIN = 'http://localhost:8000';

export const ADMIN = {
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  password: 'seven green lamps',
  workspaceName: 'Harbour data',
};

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** A client of the real app: keeps its cookies and sends the `Origin` of its own pages, as a browser does. */
export interface ApiClient {
  readonly get: <T = Record<string, unknown>>(path: string, headers?: Record<string, string>) => Promise<Answer<T>>;
  readonly send: <T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer<T>>;
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly cookies: Map<string, string>;
}

export interface TestApi extends TestDatabase {
  readonly context: Context;
  readonly api: Api;
  /** What was given to the queue, in order. */
  readonly sent: { name: string; data: object }[];
  /** A client that is not signed in. */
  readonly client: (options?: { origin?: string; peer?: string }) => ApiClient;
  /** A client with the administrator signed in, after set-up. */
  readonly admin: () => Promise<ApiClient>;
}

/** The whole API over a database of the calling test's own; jobs are noted, not run. */
export async function testApi(
  variables: Record<string, string> = {},
  options: { queue?: (databaseUrl: string) => Queue; log?: Log } = {},
): Promise<TestApi> {
  const database = await testDatabase({ migrated: true });
  const dataDir = mkdtempSync(path.join(tmpdir(), 'weir-test-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const sent: TestApi['sent'] = [];
  const { env } = readEnv({ WEIR_DATA_DIR: dataDir, ...variables }, dataDir);
  const context: Context = {
    env,
    databaseUrl: database.url,
    db: database.db,
    log: options.log ?? createLog('test', 'silent'),
    clock: () => new Date(),
    secrets: createSecrets('k'.repeat(43), { references: createEnvReferences(env.envReferences, variables) }),
    queue:
      options.queue?.(database.url) ??
      ({
        send: async (name: string, data: object) => {
          sent.push({ name, data });
        },
        work: async () => undefined,
        forget: async () => undefined,
        lost: async () => [],
        stop: async () => undefined,
      } as Context['queue']),
    authSecret: 's'.repeat(43),
    demoToken: 'demo-token',
    demoTokens: () => ['demo-token'],
    close: async () => undefined,
  };
  const api = createApi(context);
  const client: TestApi['client'] = ({ origin = ORIGIN, peer = '127.0.0.1' } = {}) =>
    createClient((request) => api.fetch(request, peer), origin);
  const admin = async () => {
    const ada = client();
    await ada.send('POST', '/api/weir/v1/setup', ADMIN);
    return ada;
  };
  return { ...database, context, api, sent, client, admin };
}

function createClient(answer: (request: Request) => Promise<Response>, origin: string): ApiClient {
  const cookies = new Map<string, string>();
  const fetch: ApiClient['fetch'] = async (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    if (!headers.has('origin') && init.method !== 'GET') headers.set('origin', origin);
    const response = await answer(new Request(new URL(path, origin), { ...init, headers }));
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '' || /max-age=0/i.test(cookie)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const toAnswer = async <T>(response: Response): Promise<Answer<T>> => {
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
  };
  return {
    cookies,
    fetch,
    get: async (path, headers) => toAnswer(await fetch(path, { method: 'GET', ...(headers && { headers }) })),
    send: async (method, path, body, headers = {}) =>
      toAnswer(
        await fetch(path, {
          method,
          headers: { 'content-type': 'application/json', ...headers },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      ),
  };
}
