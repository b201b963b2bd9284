import { describe, expect, test } from 'vitest';
import { testApi } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';

const V1 = '/api/weir/v1';

interface Frame {
  event: string;
  id: string | undefined;
  data: Record<string, unknown>;
}

/** Reads server-sent events until `enough` says so or they end. */
async function* frames(response: Response): AsyncGenerator<Frame> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      if (field('event'))
        yield { event: field('event') ?? '', id: field('id'), data: JSON.parse(field('data') ?? '{}') };
    }
  }
}

describe('syncs', () => {
  test('one at a time per connection; it is queued by its id', async () => {
    const { admin, sent } = await testApi();
    const ada = await admin();
    const { connectionId } = await makeConnection(ada);
    const first = await ada.send<{ syncId: number }>('POST', `${V1}/connections/${connectionId}/sync`);
    expect(first).toMatchObject({ status: 201, body: { syncId: expect.any(Number) } });
    expect(sent).toEqual([{ name: 'sync', data: { syncId: first.body.syncId } }]);
    const second = await ada.send('POST', `${V1}/connections/${connectionId}/sync`);
    expect(second).toMatchObject({ status: 409, body: { error: { code: 'sync_running' } } });
    const { body } = await ada.get<unknown[]>(`${V1}/syncs?connectionId=${connectionId}&status=pending`);
    expect(body).toMatchObject([{ id: first.body.syncId, connectionName: 'Shop to warehouse' }]);
    expect((await ada.get(`${V1}/syncs?connectionId=nope`)).status).toBe(404);
    expect((await ada.get(`${V1}/syncs/999999`)).status).toBe(404);
  });

  test('that are over are told with all lines of their log, or with the newest of them', async () => {
    const { admin, query } = await testApi();
    const ada = await admin();
    const { connectionId } = await makeConnection(ada);
    const { body } = await ada.send<{ syncId: number }>('POST', `${V1}/connections/${connectionId}/sync`);
    await query(
      `insert into sync_log (sync_id, workspace_id, attempt, level, message)
       select s.id, s.workspace_id, 1, 'info', 'line ' || n from syncs s, generate_series(1, 2500) n where s.id = $1 order by n`,
      [body.syncId],
    );
    await query(`update syncs set status = 'succeeded', finished_at = now() where id = $1`, [body.syncId]);
    const told = async (words = '') => {
      const answer = await ada.fetch(`${V1}/syncs/${body.syncId}/events${words}`, { method: 'GET' });
      const all = await Array.fromAsync(frames(answer));
      expect(all.at(-1)?.event).toBe('done');
      return all.filter(({ event }) => event === 'log').map(({ data }) => data.message);
    };
    expect((await told()).length).toBe(2500);
    const newest = await told('?newest=1200');
    expect([newest.length, newest[0], newest.at(-1)]).toEqual([1200, 'line 1301', 'line 2500']);
    expect((await told('?newest=5000')).length).toBe(2500);
  });

  test('can be looked back through from a line on: by words, by level, a step at a time', async () => {
    const { admin, query } = await testApi();
    const ada = await admin();
    const { connectionId } = await makeConnection(ada);
    const { body: started } = await ada.send<{ syncId: number }>('POST', `${V1}/connections/${connectionId}/sync`);
    await query(
      `insert into sync_log (sync_id, workspace_id, attempt, level, stream, message)
       select s.id, s.workspace_id, 1, case when n % 1000 = 0 then 'warn' else 'info' end,
         case when n = 7 then 'Orders' end, case when n % 100000 = 3 then 'Slow page 100%' else 'line ' || n end
       from syncs s, generate_series(1, 250000) n where s.id = $1 order by n`,
      [started.syncId],
    );
    const look = async (words: Record<string, string> = {}) => {
      const path = `${V1}/syncs/${started.syncId}/log/older?${new URLSearchParams(words)}`;
      return (await ada.get<{ lines: { id: number; message: string; at: string }[]; before: number | null }>(path))
        .body;
    };
    const newest = await look();
    expect(newest.lines).toHaveLength(500);
    expect(newest.lines.at(-1)?.message).toBe('line 250000');
    expect((await look({ before: String(newest.before) })).lines.at(-1)?.message).toBe('line 249500');
    const seen: string[] = [];
    let steps = 0;
    for (let before: number | null = newest.lines.at(-1)?.id ?? 0; before !== null; steps++) {
      const older = await look({ before: String(before), search: ' slow PAGE 100% ' });
      seen.push(...older.lines.map(({ message }) => message));
      before = older.before;
    }
    expect({ seen, steps }).toEqual({ seen: ['Slow page 100%', 'Slow page 100%', 'Slow page 100%'], steps: 3 });
    const warned = await look({ level: 'warn,error' });
    expect(warned.lines.map(({ message }) => message).slice(-2)).toEqual(['line 249000', 'line 250000']);
    expect(await look({ before: '1' })).toEqual({ lines: [], before: null });
    expect((await look({ search: 'orders' })).lines).toEqual([]);
    expect((await ada.get(`${V1}/syncs/999999/log/older`)).status).toBe(404);
  });

  test('can be followed live until they are over, and followed on from the last line seen', async () => {
    const { admin, query } = await testApi();
    const ada = await admin();
    const { connectionId } = await makeConnection(ada);
    const { body } = await ada.send<{ syncId: number }>('POST', `${V1}/connections/${connectionId}/sync`);
    const log = (message: string) =>
      query(
        `insert into sync_log (sync_id, workspace_id, attempt, level, message)
         select id, workspace_id, 1, 'info', $2 from syncs where id = $1`,
        [body.syncId, message],
      );
    await log('first page');
    const seen: string[] = [];
    let last = '';
    for await (const { event, id, data } of frames(
      await ada.fetch(`${V1}/syncs/${body.syncId}/events`, { method: 'GET' }),
    )) {
      seen.push(event === 'log' ? `log ${data.message}` : `${event} ${data.status}`);
      last = id ?? last;
      if (event === 'progress' && data.status === 'pending') {
        await log('last page');
        await query(`update syncs set status = 'succeeded', finished_at = now() where id = $1`, [body.syncId]);
      }
    }
    expect(seen).toEqual([
      'log first page',
      'progress pending',
      'log last page',
      'progress succeeded',
      'done succeeded',
    ]);
    const again = await ada.fetch(`${V1}/syncs/${body.syncId}/events`, {
      method: 'GET',
      headers: { 'last-event-id': last },
    });
    expect((await Array.fromAsync(frames(again))).map(({ event }) => event)).toEqual(['progress', 'done']);
  });

  test('are cancelled in somebody’s name', async () => {
    const { admin, query } = await testApi();
    const ada = await admin();
    const { connectionId } = await makeConnection(ada);
    const { body } = await ada.send<{ syncId: number }>('POST', `${V1}/connections/${connectionId}/sync`);
    expect((await ada.send('POST', `${V1}/syncs/${body.syncId}/cancel`)).status).toBe(200);
    expect(await query('select cancelled_by from syncs')).toEqual([{ cancelled_by: 'ada@example.com' }]);
  });
});

test('a question is queued with its secrets sealed, and its events end with done', async () => {
  const { admin, query, sent } = await testApi();
  const ada = await admin();
  const { sourceId } = await makeConnection(ada);
  const asked = await ada.send<{ probeId: string }>('POST', `${V1}/probes`, { kind: 'check_source', sourceId });
  expect(asked.status).toBe(201);
  expect(sent.at(-1)).toEqual({ name: 'probe', data: { probeId: asked.body.probeId } });
  expect(JSON.stringify(await query('select input from probe'))).not.toContain('sk-very-secret-value');
  await query(
    `insert into probe_event (probe_id, seq, event) values ($1, 1, '{"type":"result","ok":true}'), ($1, 2, '{"type":"done"}')`,
    [asked.body.probeId],
  );
  const response = await ada.fetch(`${V1}/probes/${asked.body.probeId}/events`, { method: 'GET' });
  expect(await Array.fromAsync(frames(response))).toMatchObject([
    { event: 'result', id: '1', data: { ok: true } },
    { event: 'done', id: '2' },
  ]);
});
