import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { ADMIN } from '#tests/harness/api.ts';
import { productionManifest } from '#tests/harness/production.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { workingApi } from '#tests/harness/working-api.ts';
import { publicRoutes } from './airbyte/routes.ts';
import { ownRoutes } from './api.ts';

const V1 = '/api/weir/v1';
const PASSWORD = 'canary-password-of-ada';
const TOKEN = 'canary-source-token-5f1d';
const ENV_TOKEN = 'canary-environment-31ce';
const PG_PASSWORD = 'canary-warehouse-9a2b';
const WEBHOOK = 'canary-webhook-T0B0-77aa';
const BOT_TOKEN = 'xoxb-canary-bot-31fe';
const SIGNING = 'canary-slack-signing-8c0d';
const AIRBYTE_WEBHOOK = 'canary-airbyte-webhook-4e11';
const PROXY = 'canary-proxy-password-b7d3';

test('a secret planted in every field shows in no answer, no log line, no row and no alert', async () => {
  const lines: string[] = [];
  const into = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  // The source repeats what it was sent, in the worst places.
  const sentTokens = new Set<string>();
  const source = await scriptedServer((request) => ({
    status: sentTokens.add(String(request.headers.authorization)) ? 403 : 500,
    headers: { 'x-echo': String(request.headers.authorization) },
    body: { error: `the token ${request.headers.authorization} is not good`, at: request.path },
  }));
  onTestFinished(() => source.close());
  const api = await workingApi(
    {
      ...{ WEIR_ENV_REFERENCES: 'SHOP_*', SHOP_TOKEN: ENV_TOKEN },
      // Nobody listens there: what goes to Slack says so.
      HTTPS_PROXY: `http://weir:${PROXY}@127.0.0.1:1`,
    },
    pino({ level: 'trace' }, into),
  );
  const said: string[] = [];
  const ada = api.client();
  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await ada.fetch(path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    said.push(`${method} ${path} ${JSON.stringify([...answer.headers])} ${text}`);
    return { status: answer.status, body: (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, string> };
  };
  await send('POST', '/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password });
  await send('POST', '/api/auth/change-password', { currentPassword: ADMIN.password, newPassword: PASSWORD });

  const manifest = productionManifest(source.url);
  const connector = await send('POST', `${V1}/connectors`, { name: 'Shop', manifest });
  await send('POST', `${V1}/connectors/${connector.body.id}/versions`, { manifest, basedOn: null });
  await send('POST', `${V1}/allowed-hosts`, { host: source.host, port: source.port });
  const made = await send('POST', `${V1}/sources`, {
    ...{ name: 'Shop', connectorId: connector.body.id, config: { api_token: TOKEN } },
  });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
  const referring = { name: 'Referring', connectorId: connector.body.id, config: { api_token: '${env:SHOP_TOKEN}' } };
  const second = await send('POST', `${V1}/sources`, referring);
  const config = { ...api.warehouse, password: PG_PASSWORD };
  const destination = await send('POST', `${V1}/destinations`, { name: 'Warehouse', type: 'postgres', config });
  await send('POST', `${V1}/channels`, {
    ...{ type: 'slack', name: 'Alerts', config: { webhookUrl: `https://hooks.slack.com/services/${WEBHOOK}` } },
  });
  await send('POST', `${V1}/channels`, {
    ...{ type: 'slack_bot', name: 'Bot', config: { botToken: BOT_TOKEN, channel: '#c', signingSecret: SIGNING } },
  });
  await send('POST', '/api/v1/workspaces/update', {
    notificationSettings: {
      sendOnFailure: {
        notificationType: ['slack'],
        slackConfiguration: { webhook: `https://hooks.slack.com/services/${AIRBYTE_WEBHOOK}` },
      },
    },
  });
  const channels = await ada.get<{ id: string; type: string }[]>(`${V1}/channels`);
  const told = channels.body.map(({ id }) => send('POST', `${V1}/channels/${id}/test`));
  expect((await Promise.all(told)).map(({ body }) => body.message)).toEqual(
    Array.from({ length: 3 }, () => expect.stringContaining('127.0.0.1:1 could not be reached')),
  );
  const key = await send('POST', `${V1}/api-keys`, { name: 'Airflow', role: 'editor' });
  const application = await send('POST', `${V1}/applications`, { name: 'Airflow', role: 'editor' });
  const shownOnce = said
    .splice(0)
    .filter((text) => text.includes(`${key.body.secret}`) || text.includes(`${application.body.clientSecret}`));
  expect(shownOnce).toHaveLength(2);

  const ids = { sourceId: made.body.id, destinationId: destination.body.id };
  const check = await send('POST', '/api/v1/sources/check_connection', { sourceId: ids.sourceId });
  expect(check.body).toMatchObject({ status: 'failed' });
  await send('POST', '/api/v1/sources/check_connection', { sourceId: second.body.id });
  expect(sentTokens).toContain(`Bearer ${ENV_TOKEN}`);
  await send('POST', '/api/v1/sources/discover_schema', { sourceId: ids.sourceId });
  await send('POST', '/api/v1/destinations/check_connection', { destinationId: ids.destinationId });
  for (const sourceId of [ids.sourceId, second.body.id]) {
    const probe = await send('POST', `${V1}/probes`, { kind: 'test_read', sourceId, stream: 'customers' });
    await send('GET', `${V1}/probes/${probe.body.probeId}/events`);
  }
  const connection = await send('POST', '/api/v1/connections/create', ids);
  expect(connection.status).toBe(200);
  const connectionId = connection.body.connectionId;
  const { body } = await send('POST', `${V1}/connections/${connectionId}/sync`);
  await send('GET', `${V1}/syncs/${body.syncId}/events`);
  const other = await send('POST', '/api/v1/connections/create', { ...ids, sourceId: second.body.id, prefix: 'b_' });
  const otherSync = await send('POST', `${V1}/connections/${other.body.connectionId}/sync`);
  await send('GET', `${V1}/syncs/${otherSync.body.syncId}/events`);
  await send('PATCH', `${V1}/sources/${ids.sourceId}`, { config: { api_token: TOKEN, start_date: 5 } });
  await send('PATCH', `${V1}/destinations/${ids.destinationId}`, { config: { ...config, port: 'no port' } });
  await send('POST', '/api/v1/applications/token', { client_id: application.body.clientId, client_secret: 'wrong' });

  const known: Record<string, string | undefined> = { ...ids, connectionId, jobId: String(body.syncId) };
  const filled = (path: string) =>
    path.replace(/:(\w+)/g, (_, name: string) => {
      const [, noun = ''] = path.split('/');
      const own = { connectors: connector.body.id, syncs: String(body.syncId) }[noun];
      return (name === 'id' ? (own ?? known[`${noun.replace(/s$/, '')}Id`]) : known[name]) ?? '1';
    });
  for (const { method, path } of ownRoutes().routes)
    if (method === 'GET' && !path.endsWith('/events')) await send('GET', V1 + filled(path));
  for (const { route } of publicRoutes)
    if (route.startsWith('GET')) await send('GET', `/api/public/v1${filled(route.slice(4))}`);
  for (const verb of [
    'sources/list',
    'destinations/list',
    'connections/list',
    'web_backend/connections/list',
    'jobs/list',
  ])
    await send('POST', `/api/v1/${verb}`, {});
  await send('POST', '/api/v1/jobs/get', { id: body.syncId });

  const secrets = [
    TOKEN,
    ENV_TOKEN,
    PG_PASSWORD,
    WEBHOOK,
    BOT_TOKEN,
    SIGNING,
    AIRBYTE_WEBHOOK,
    PROXY,
    `weir:${PROXY}`,
    PASSWORD,
    String(key.body.secret),
    String(application.body.clientSecret),
  ];
  const spellings = secrets.flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
  ]);
  const leaks = (where: string, texts: readonly string[]) =>
    texts.flatMap((text) =>
      spellings
        .filter((secret) => text.includes(secret))
        .map((secret) => `${where}: ${secret} in ${text.slice(0, 300)}`),
    );
  const tables = await api.query<{ name: string }>(
    `select table_schema || '."' || table_name || '"' as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  const rows = await Promise.all(
    tables.map(async ({ name }) =>
      (await api.query<{ text: string }>(`select row_to_json(t)::text as text from ${name} t`)).map(
        ({ text }) => `${name} ${text}`,
      ),
    ),
  );
  expect(rows.flat().length).toBeGreaterThan(50);
  expect(leaks('answer', said)).toEqual([]);
  expect(leaks('log', lines)).toEqual([]);
  expect(leaks('row', rows.flat())).toEqual([]);
});
