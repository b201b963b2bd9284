import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { ADMIN } from '#tests/harness/api.ts';
import { productionApi, productionManifest, TOKEN } from '#tests/harness/production.ts';
import { make } from '#tests/harness/shop.ts';
import { workingApi } from '#tests/harness/working-api.ts';

const V1 = '/api/weir/v1';
const PATIENCE = { timeout: 120_000, interval: 50 };

test('a sync that published tells a webhook, runs the commands, and starts the connection that follows it', async () => {
  const source = await productionApi();
  const folder = mkdtempSync(path.join(tmpdir(), 'weir-after-'));
  onTestFinished(async () => {
    await source.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const commandsFile = path.join(folder, 'commands.yaml');
  const run = [process.execPath, '-e', 'console.log("built after sync", process.env.WEIR_SYNC_ID)'];
  writeFileSync(commandsFile, stringify({ commands: { dbt: { run } } }));
  const api = await workingApi({ WEIR_COMMANDS_FILE: commandsFile });
  const ada = api.client();
  await ada.send('POST', '/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password });
  await ada.send('POST', `${V1}/allowed-hosts`, { host: source.host, port: source.port });
  await ada.send('POST', `${V1}/allowed-hosts`, { host: api.warehouse.host, port: api.warehouse.port });
  const manifest = productionManifest(source.url);
  const connectorId = await make(ada, 'connectors', { name: 'production', manifest });
  await ada.send('POST', `${V1}/connectors/${connectorId}/versions`, { manifest, basedOn: null });
  const sourceId = await make(ada, 'sources', { name: 'production_db', connectorId, config: { api_token: TOKEN } });
  const destinationId = await make(ada, 'destinations', { name: 'Warehouse', type: 'postgres', config: api.warehouse });
  const connect = async (name: string, prefix: string) => {
    const answer = await ada.send<{ connectionId: string }>('POST', '/api/v1/connections/create', {
      ...{ sourceId, destinationId, name, prefix, status: 'active' },
    });
    return answer.body.connectionId;
  };
  const [first, second] = [await connect('first', 'a_'), await connect('second', 'b_')];
  const channelId = await make(ada, 'channels', {
    ...{ type: 'webhook', name: 'hook', events: [] },
    config: { url: `${source.url}/hook`, secret: 'a-signing-secret-of-ours' },
  });
  const commands = (await ada.get<object[]>(`${V1}/commands`)).body;
  expect(commands).toEqual([{ name: 'dbt', description: '', timeoutMinutes: 60 }]);
  await ada.send('PUT', `${V1}/connections/${first}/automation`, {
    ...{ afterConnectionId: null, channelIds: [channelId], commands: ['dbt'] },
  });
  await ada.send('PUT', `${V1}/connections/${second}/automation`, {
    ...{ afterConnectionId: first, channelIds: [], commands: [] },
  });

  await ada.send('POST', `${V1}/connections/${first}/sync`);
  await vi.waitFor(async () => {
    const syncs = await api.query('select connection_id as of, trigger, status from syncs order by id');
    expect(syncs).toEqual([
      { of: first, trigger: 'manual', status: 'succeeded' },
      { of: second, trigger: 'after', status: 'succeeded' },
    ]);
    expect(await api.query('select command, status, log from command_run')).toEqual([
      { command: 'dbt', status: 'succeeded', log: 'built after sync 1\n' },
    ]);
  }, PATIENCE);
  const [delivery] = await api.query<{ event: string; payload: object }>('select event, payload from delivery');
  expect(delivery).toMatchObject({ event: 'sync_succeeded', payload: { connection: { id: first }, sync: { id: 1 } } });
});
