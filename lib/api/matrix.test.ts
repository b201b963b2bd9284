import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createApiKey } from '#lib/access/api-keys.ts';
import type { Role } from '#lib/db/schema.ts';
import { type ApiClient, type TestApi, testApi } from '#tests/harness/api.ts';
import { MANIFEST, makeConnection, ORDERS, POSTGRES } from '#tests/harness/shop.ts';
import { configRoutes, publicRoutes } from './airbyte/routes.ts';
import { ownRoutes } from './api.ts';

const V1 = '/api/weir/v1';
const ENDLESS = `${V1}/overview/events`;
const ROLES: readonly Role[] = ['viewer', 'editor', 'admin'];
const NOBODYS = '00000000-0000-4000-8000-000000000000';
/** Routes that answer whoever asks. */
const OPEN = [
  'GET /health',
  'GET /setup',
  'POST /setup',
  'GET /openapi.json',
  'GET /docs',
  'POST /invitations/read',
  'POST /invitations/accept',
  'POST /triggers/:token',
  'POST /slack/:id',
];

interface Route {
  readonly tree: 'own' | 'config' | 'public';
  readonly method: string;
  /** With its prefix and its parameters. */
  readonly path: string;
  readonly role: Role | 'anybody';
}

/** Every route of the service, from the lists that it is made of; the roles of our own from the page that documents them. */
function routes(): Route[] {
  const page = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');
  const documented = new Map(
    [...page.matchAll(/^\| `([A-Z]+ \/[^`]*)` +\| ([a-z]+)/gm)].map(([, route = '', role = '']) => [route, role]),
  );
  const own = [...new Set(ownRoutes().routes.map(({ method, path }) => `${method} ${path}`))].map((route) => {
    const [method = '', path = ''] = route.split(' ');
    return { tree: 'own', method, path: `${V1}${path}`, role: (documented.get(route) ?? '') as Role } as const;
  });
  const config = configRoutes.map(
    ({ verb, role }) => ({ tree: 'config', method: 'POST', path: `/api/v1/${verb}`, role }) as const,
  );
  const open = publicRoutes.map(({ route, role }) => {
    const [method = '', path = ''] = route.split(' ');
    return { tree: 'public', method, path: `/api/public/v1${path}`, role } as const;
  });
  return [...own, ...config, ...open].filter(
    ({ tree, method, path }) => !(tree === 'own' && OPEN.includes(`${method} ${path.slice(V1.length)}`)),
  );
}

async function ask(client: ApiClient, { method, path }: Route, options: { key?: string | undefined; body?: unknown }) {
  const headers: Record<string, string> = options.key === undefined ? {} : { authorization: `Bearer ${options.key}` };
  if (path === ENDLESS) return beginningOf(client, path, headers);
  return method === 'GET'
    ? client.get<unknown>(path, headers)
    : client.send<unknown>(method, path, options.body ?? {}, headers);
}

/** A stream that goes on until somebody leaves: who was let in shows at its beginning. */
async function beginningOf(client: ApiClient, path: string, headers: Record<string, string>) {
  const leave = new AbortController();
  const answer = await client.fetch(path, { headers, signal: leave.signal });
  const reader = answer.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  leave.abort();
  await reader?.cancel();
  return { status: answer.status, body: new TextDecoder().decode(value) };
}

async function keysOf(api: TestApi, workspaceId: string): Promise<Map<Role, string>> {
  const made = ROLES.map(async (role) => {
    const { secret } = await createApiKey(api.context, workspaceId, { name: role, role });
    return [role, secret] as const;
  });
  return new Map(await Promise.all(made));
}

const withIds = (path: string, ids: (path: string, name: string) => string) =>
  path.replace(/:(\w+)/g, (_, name) => ids(path, name));

describe('every route', () => {
  test('lets in its role and those above, refuses the others, and knows nobody without credentials', async () => {
    const api = await testApi();
    await api.admin();
    const [{ id } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
    const keys = await keysOf(api, id);
    const client = api.client();
    const wrong: string[] = [];
    for (const route of routes()) {
      // What would delete or change is asked of things that are not there.
      const at = {
        ...route,
        path: withIds(route.path, (_, name) => (name === 'workspaceId' ? id : name === 'port' ? '1' : NOBODYS)),
      };
      const nobody = await ask(client, at, {});
      const open = route.role === 'anybody';
      if ((nobody.status === 401) === open && !route.path.endsWith('/token'))
        wrong.push(`${route.method} ${route.path} answers nobody with ${nobody.status}`);
      for (const role of ROLES) {
        const { status, body } = await ask(client, at, { key: keys.get(role) });
        const refused = status === 403 && JSON.stringify(body).includes('This takes the role');
        const may = open || ROLES.indexOf(role) >= ROLES.indexOf(route.role as Role);
        if (refused === may || status >= 500)
          wrong.push(`${route.method} ${route.path} answers ${role} with ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('shows and changes nothing of another workspace, whatever ids it is asked with', async () => {
    const api = await testApi();
    const ada = await api.admin();
    const ids = await makeConnection(ada);
    const [{ id: ours } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
    const more = await fill(api, ada, ids);
    const [{ id: theirs } = { id: '' }] = await api.query<{ id: string }>(
      `insert into workspace (name) values ('Elsewhere') returning id`,
    );
    const key = (await keysOf(api, theirs)).get('admin');
    const before = await rowsOf(api, ours);
    const client = api.client();
    const wrong: string[] = [];
    for (const route of routes()) {
      if (route.role === 'anybody') continue;
      const at = { ...route, path: withIds(route.path, (path, name) => idFor(path, name, { ...ids, ...more, ours })) };
      const { status, body } = await ask(client, at, { key, body: bodyFor(route, { ...ids, ...more, ours }) });
      const said = JSON.stringify(body);
      if (status >= 500) wrong.push(`${route.method} ${route.path} answers ${status}: ${said}`);
      if (/\bShop\b|Warehouse|Harbour|ada@example/.test(said))
        wrong.push(`${route.method} ${route.path} tells ${said}`);
      if (/:id|:sourceId|:destinationId|:connectionId|:jobId|:tagId/.test(route.path) && status < 400)
        wrong.push(`${route.method} ${route.path} answers ${status}`);
    }
    expect(wrong).toEqual([]);
    expect(await rowsOf(api, ours)).toEqual(before);
  });
});

type Ids = Record<string, string>;

/** One of everything else that has an id. */
async function fill(api: TestApi, ada: ApiClient, { connectionId, destinationId }: Ids): Promise<Ids> {
  const post = async (path: string, body: unknown) => {
    const answer = await ada.send<Record<string, unknown>>('POST', path, body);
    expect(answer.status, `${path} ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };
  const suite = await post(`${V1}/suites`, { name: 'Shop checks', destinationId, connectionId, text: SUITE });
  const channel = await post(`${V1}/channels`, {
    ...{ type: 'slack', name: 'Shop alerts', config: { webhookUrl: 'https://hooks.slack.com/services/T0/B0/canary' } },
  });
  const trigger = await post(`${V1}/connections/${connectionId}/triggers`, { name: 'Shop trigger' });
  const rule = await post(`${V1}/alert-rules`, { name: 'Shop rule', channelIds: [channel.id] });
  const application = await post(`${V1}/applications`, { name: 'Shop app', role: 'editor' });
  const key = await post(`${V1}/api-keys`, { name: 'Shop key', role: 'editor' });
  const tag = await post('/api/public/v1/tags', { name: 'Shop tag', color: '112233' });
  const sync = await post(`${V1}/connections/${connectionId}/sync`, {});
  await post(`${V1}/allowed-hosts`, { host: 'shop.lan', port: 5432 });
  await api.query(
    `insert into incident (workspace_id, subject_kind, connection_id, cause, severity, title)
     select workspace_id, 'connection', id, 'x', 'warning', 'Shop incident' from connection`,
  );
  const [incident] = await api.query<{ id: number }>('select id from incident');
  const [run] = await api.query<{ id: number }>(
    `insert into command_run (workspace_id, connection_id, command, log)
     select workspace_id, id, 'Shop command', 'Shop log' from connection returning id`,
  );
  return {
    suiteId: String(suite.id),
    channelId: String(channel.id),
    ruleId: String(rule.id),
    triggerId: String(trigger.id),
    runId: String(run?.id),
    applicationId: String(application.id),
    keyId: String(key.id),
    tagId: String(tag.tagId),
    syncId: String(sync.syncId),
    incidentId: String(incident?.id),
  };
}

const SUITE = `
dataset: orders
completeness:
  - { column: order_id }
`;

function idFor(path: string, name: string, ids: Ids): string {
  if (name === 'workspaceId') return ids.ours ?? '';
  if (name === 'host') return 'shop.lan';
  if (name === 'port') return '5432';
  if (name === 'version') return '1';
  if (name === 'jobId') return ids.syncId ?? '';
  if (name !== 'id') return ids[name] ?? NOBODYS;
  const found: Record<string, string> = {
    connectors: 'connectorId',
    sources: 'sourceId',
    destinations: 'destinationId',
    connections: 'connectionId',
    syncs: 'syncId',
    suites: 'suiteId',
    channels: 'channelId',
    'alert-rules': 'ruleId',
    'command-runs': 'runId',
    applications: 'applicationId',
    'api-keys': 'keyId',
    incidents: 'incidentId',
  };
  const noun = Object.keys(found).find((each) => path.startsWith(`${V1}/${each}/`) || path.endsWith(`/${each}/:id`));
  return ids[found[noun ?? ''] ?? ''] ?? ids.connectorId ?? NOBODYS;
}

/** A body that would do something, were it asked in the right workspace. */
function bodyFor({ tree, method, path }: Route, ids: Ids): unknown {
  const { sourceId, destinationId, connectionId, connectorId, syncId } = ids;
  if (tree !== 'own')
    return {
      ...{ sourceId, destinationId, connectionId, id: Number(syncId), configId: connectionId, tagId: ids.tagId },
      ...{ name: 'Elsewhere', color: '445566', jobType: 'sync', definitionId: connectorId, status: 'inactive' },
      ...{ sourceDefinitionId: connectorId, destinationDefinitionId: 'postgres', manifest: MANIFEST },
      configuration: { api_key: 'k', start_date: '2026-01-01', sourceType: 'shop', destinationType: 'postgres' },
      connectionConfiguration: { api_key: 'k', start_date: '2026-01-01' },
      connectionState: { stateType: 'stream', streamState: [] },
      syncCatalog: { streams: [{ stream: ORDERS.stream, config: { syncMode: 'full_refresh' } }] },
      slackConfiguration: { webhook: 'not an address' },
      tags: [ids.tagId],
    };
  const bodies: Record<string, unknown> = {
    [`POST ${V1}/sources`]: { name: 'x', connectorId, config: { api_key: 'k', start_date: '2026-01-01' } },
    [`PATCH ${V1}/sources/:id`]: { name: 'x' },
    [`PATCH ${V1}/destinations/:id`]: { name: 'x', config: POSTGRES.config },
    [`PATCH ${V1}/connectors/:id`]: { name: 'x' },
    [`PUT ${V1}/connectors/:id/draft`]: { manifest: MANIFEST },
    [`POST ${V1}/connectors/:id/versions`]: { manifest: MANIFEST, basedOn: 1 },
    [`POST ${V1}/connections`]: { name: 'x', sourceId, destinationId, streams: [ORDERS] },
    [`PATCH ${V1}/connections/:id`]: { name: 'x', status: 'inactive' },
    [`POST ${V1}/probes`]: { kind: 'check_source', sourceId },
    [`POST ${V1}/suites`]: { name: 'x', text: SUITE, destinationId, connectionId },
    [`PUT ${V1}/suites/:id`]: { name: 'x', text: SUITE },
    [`PATCH ${V1}/channels/:id`]: { name: 'x', enabled: false },
    [`PUT ${V1}/connections/:id/automation`]: { afterConnectionId: null, channelIds: [ids.channelId], commands: [] },
    [`POST ${V1}/connections/:id/triggers`]: { name: 'x' },
    [`POST ${V1}/connections/:id/training-reports`]: {
      ...{ model_version: 'x', accuracy: 1, status: 'succeeded', finished_at: '2026-01-01T00:00:00Z' },
    },
    [`POST ${V1}/connections/:id/dbt-results`]: { metadata: { generated_at: '2026-01-01T00:00:00Z' }, results: [] },
    [`POST ${V1}/alert-rules`]: { name: 'x', channelIds: [ids.channelId] },
    [`PATCH ${V1}/alert-rules/:id`]: { enabled: false },
    [`PATCH ${V1}/workspace`]: { name: 'Elsewhere' },
  };
  return bodies[`${method} ${path}`] ?? {};
}

/** All that belongs to a workspace, as text, table by table. */
async function rowsOf({ query }: TestApi, workspaceId: string): Promise<Record<string, string[]>> {
  const tables = await query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'workspace_id' and table_name <> 'audit_entry' order by 1`,
  );
  const rows = tables.map(async ({ name }) => {
    const found = await query<{ text: string }>(
      `select row_to_json(t)::text as text from "${name}" t where workspace_id = $1 order by 1`,
      [workspaceId],
    );
    return [name, found.map(({ text }) => text)] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}
