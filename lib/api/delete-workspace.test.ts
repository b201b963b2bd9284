import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createApiKey } from '#lib/access/api-keys.ts';
import type { OwnWorkspace } from '#lib/access/workspaces.ts';
import { createQueue } from '#lib/jobs/queue.ts';
import { createLog } from '#lib/log.ts';
import { ADMIN, type ApiClient, testApi } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';
const BOB = { name: 'Bob Byrne', email: 'bob@example.com', password: 'nine quiet harbours' };

/** Ada has Harbour data with a connection, a sync that waits, an upload, and Labs; Bob is in Harbour data alone. */
async function stage() {
  const log = createLog('test', 'silent');
  const api = await testApi({}, { queue: (databaseUrl) => createQueue({ databaseUrl, log }) });
  const ada = await api.admin();
  const ids = await makeConnection(ada);
  const [harbour] = (await ada.get<OwnWorkspace[]>(`${V1}/workspaces`)).body;
  const id = harbour?.id ?? '';
  const { body } = await ada.send<{ token: string }>('POST', `${V1}/invitations`, { email: BOB.email, role: 'editor' });
  const { email: _, ...person } = BOB;
  expect((await api.client().send('POST', `${V1}/invitations/accept`, { ...person, token: body.token })).status).toBe(
    201,
  );
  const upload = await ada.fetch(`${V1}/uploads?name=a.csv`, { method: 'POST', body: 'id\n1\n' });
  expect(upload.ok).toBe(true);
  return { api, ada, ids, id };
}

const enter = (client: ApiClient, id: string) => client.send('POST', `${V1}/workspaces/${id}/enter`);

test('a workspace goes with its connections, secrets, jobs, uploads and lone members; the others are told', async () => {
  const { api, ada, ids, id } = await stage();
  const sync = await ada.send('POST', `${V1}/connections/${ids.connectionId}/sync`, {});
  expect(sync.status).toBe(201);
  expect((await ada.send('DELETE', `${V1}/workspaces/${id}`)).body).toMatchObject({
    error: { code: 'last_workspace' },
  });
  const labs = (await ada.send<{ id: string }>('POST', `${V1}/workspaces`, { name: 'Labs' })).body.id;
  expect((await ada.send('DELETE', `${V1}/workspaces/${id}`)).status).toBe(404);
  await enter(ada, id);

  expect((await ada.get(`${V1}/workspaces/${id}/contents`)).body).toMatchObject({
    ...{ connections: 1, sources: 1, destinations: 1, syncs: 1, uploads: 1, accounts: 1, active: 1 },
  });
  expect(await ada.send('DELETE', `${V1}/workspaces/${id}`)).toMatchObject({
    status: 409,
    body: { error: { code: 'sync_running' } },
  });
  await api.query(`update syncs set status = 'cancelled', finished_at = now()`);
  const jobs = () => api.query<{ name: string }>('select name from pgboss.job');
  expect(await jobs()).toHaveLength(1);
  const uploads = path.join(api.context.env.dataDir, 'uploads', id);
  expect(existsSync(uploads)).toBe(true);
  expect((await ada.send('DELETE', `${V1}/workspaces/${id}`)).status).toBe(204);

  expect(await jobs()).toEqual([]);
  expect(existsSync(uploads)).toBe(false);
  expect(await api.query('select email from "user"')).toEqual([{ email: ADMIN.email }]);
  expect((await ada.get<OwnWorkspace[]>(`${V1}/workspaces`)).body).toEqual([
    { id: labs, name: 'Labs', role: 'admin', current: true },
  ]);
  const [entry] = (await ada.get<{ action: string; actor: string; subject: string }[]>(`${V1}/audit`)).body;
  expect(entry).toMatchObject({
    ...{ action: 'workspace.delete', actor: ADMIN.email, subject: `workspace:${id} ${ADMIN.workspaceName}` },
  });
  expect(await rowsLeft(api.query, id)).toEqual([]);
});

test('Airbyte’s clients delete the workspace that they name, and no other one', async () => {
  const { api, ada, id } = await stage();
  const { secret } = await createApiKey(api.context, id, { name: 'terraform', role: 'admin' });
  const program = api.client();
  const headers = { authorization: `Bearer ${secret}` };
  const drop = (body: object) => program.send('POST', '/api/v1/workspaces/delete', body, headers);
  expect((await drop({ workspaceId: id })).status).toBe(409);
  const labs = (await ada.send<{ id: string }>('POST', `${V1}/workspaces`, { name: 'Labs' })).body.id;
  expect((await drop({})).status).toBe(422);
  expect((await drop({ workspaceId: labs })).status).toBe(404);
  expect((await program.send('DELETE', `/api/public/v1/workspaces/${labs}`, undefined, headers)).status).toBe(404);
  expect(await api.query('select id from workspace')).toHaveLength(2);
  expect((await program.send('DELETE', `/api/public/v1/workspaces/${id}`, undefined, headers)).status).toBe(204);
  expect(await api.query('select id from workspace')).toEqual([{ id: labs }]);
  expect((await program.get('/api/public/v1/workspaces', headers)).status).toBe(401);
});

/** Rows that still belong to it; the audit log is kept. */
async function rowsLeft(query: Awaited<ReturnType<typeof testApi>>['query'], id: string): Promise<string[]> {
  const tables = await query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'workspace_id' and table_name <> 'audit_entry'`,
  );
  const found = tables.map(async ({ name }) => {
    const rows = await query(`select 1 from "${name}" where workspace_id = $1`, [id]);
    return rows.length > 0 ? [name] : [];
  });
  return (await Promise.all(found)).flat();
}
