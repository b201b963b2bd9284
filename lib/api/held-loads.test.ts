import { describe, expect, test } from 'vitest';
import { createApiKey } from '#lib/access/api-keys.ts';
import { testApi } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

/** A service whose connection has a sync with a held load, and keys of each role. */
async function held() {
  const api = await testApi();
  const ada = await api.admin();
  const { connectionId } = await makeConnection(ada);
  const [row] = await api.query<{ id: number; workspace: string }>(
    `with s as (insert into syncs (workspace_id, connection_id, trigger, status, finished_at, attempts, failure)
         select workspace_id, id, 'manual', 'failed', now(), 1, '{"kind":"config","code":"load_held","message":"orders is held."}' from connection where id = $1 returning id, workspace_id),
       t as (insert into sync_stream (sync_id, workspace_id, name, status) select id, workspace_id, 'orders', 'held' from s)
     select id::int, workspace_id as workspace from s`,
    [connectionId],
  );
  const { id: syncId, workspace } = row ?? { id: 0, workspace: '' };
  const asRole = async (role: 'viewer' | 'editor') => {
    const { secret } = await createApiKey(api.context, workspace, { name: role, role });
    return { authorization: `Bearer ${secret}` };
  };
  const stream = async () => {
    const { body } = await ada.get<{
      streams: { status: string; decision: string; decidedBy: string; decisionReason: string }[];
    }>(`${V1}/syncs/${syncId}`);
    return body.streams[0];
  };
  return { ...api, ada, connectionId, syncId, workspace, asRole, stream };
}

describe('a held load, over the API', () => {
  test.each(['release', 'discard'] as const)('is decided with its reason: %s', async (decision) => {
    const { ada, syncId, stream, sent } = await held();
    const answer = await ada.send('POST', `${V1}/syncs/${syncId}/${decision}`, { reason: 'the shop confirmed it' });
    expect(answer).toMatchObject({ status: 200, body: { id: syncId } });
    expect(await stream()).toMatchObject({ decision, decisionReason: 'the shop confirmed it' });
    expect(sent).toEqual([{ name: 'sync', data: { syncId } }]);
    const { body: audit } = await ada.get<{ action: string; subject: string }[]>(`${V1}/audit`);
    expect(audit).toContainEqual(expect.objectContaining({ action: `sync.${decision}`, subject: `sync:${syncId}` }));
    // Decided once is decided.
    expect(await ada.send('POST', `${V1}/syncs/${syncId}/${decision}`)).toMatchObject({
      status: 409,
      body: { error: { code: 'sync_running' } },
    });
  });

  test('is read again by a new sync, and needs no reason', async () => {
    const { ada, syncId, stream, sent } = await held();
    const answer = await ada.send<{ syncId: number }>('POST', `${V1}/syncs/${syncId}/run-again`);
    expect(answer.status).toBe(201);
    expect(answer.body.syncId).toBeGreaterThan(syncId);
    expect(await stream()).toMatchObject({ status: 'discarded', decision: 'discard' });
    expect(sent).toEqual([{ name: 'sync', data: { syncId: answer.body.syncId } }]);
  });

  test.each(['release', 'discard', 'run-again'])('is not for viewers to %s, but for editors', async (what) => {
    const { ada, syncId, stream, asRole } = await held();
    const refused = await ada.send('POST', `${V1}/syncs/${syncId}/${what}`, {}, await asRole('viewer'));
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'not_allowed' } } });
    expect(await stream()).toMatchObject({ status: 'held', decision: null });
    const done = await ada.send('POST', `${V1}/syncs/${syncId}/${what}`, {}, await asRole('editor'));
    expect(done.status).toBeLessThan(300);
  });

  test.each(['release', 'discard', 'run-again'])(
    'that is none is not found to %s, or has nothing held',
    async (what) => {
      const { ada, syncId, query } = await held();
      expect((await ada.send('POST', `${V1}/syncs/999999/${what}`)).status).toBe(404);
      await query(`update sync_stream set status = 'published' where sync_id = $1`, [syncId]);
      expect(await ada.send('POST', `${V1}/syncs/${syncId}/${what}`)).toMatchObject({
        status: 409,
        body: { error: { code: 'not_held' } },
      });
    },
  );
});
