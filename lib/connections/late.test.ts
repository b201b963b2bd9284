import { expect, test } from 'vitest';
import { testDatabase } from '#tests/harness/database.ts';
import { lateConnections } from './late.ts';

const NOW = new Date('2026-07-01T12:00:00Z');
const HOURLY = JSON.stringify({ type: 'hourly', every: 1, timeZone: 'UTC' });

const INSTEAD = ['clear', 'replay', 'refresh'];

/** Each connection with its schedule, and its syncs oldest first: status, when it began, and the code of its failure, or what it did in place of the usual. */
async function late(
  connections: Record<
    string,
    { schedule?: string; target?: number; status?: string; syncs: [string, string, string?][] }
  >,
) {
  const { db, query } = await testDatabase({ migrated: true });
  await query(
    `with w as (insert into workspace (name) values ('W') returning id),
       c as (insert into connector (workspace_id, name) select id, 'C' from w returning id),
       s as (insert into source (workspace_id, connector_id, name, config) select w.id, c.id, 'S', '{}' from w, c)
     insert into destination (workspace_id, type, name, config) select id, 'postgres', 'D', '{}' from w`,
  );
  for (const [name, { schedule = HOURLY, target = null, status = 'active', syncs }] of Object.entries(connections)) {
    await query(
      `insert into connection (workspace_id, name, source_id, destination_id, schedule, status, freshness_target_minutes, created_at)
       select s.workspace_id, $1, s.id, d.id, $2, $3, $4, '2026-07-01T00:00Z' from source s, destination d`,
      [name, schedule, status, target],
    );
    for (const [ended, at, code] of syncs)
      await query(
        `insert into syncs (workspace_id, connection_id, trigger, status, due_at, created_at, started_at, failure, kind, task)
         select workspace_id, id, 'schedule', $2, $3, $3, $3, $4, $5, $6 from connection where name = $1`,
        [
          ...[name, ended, at],
          code && !INSTEAD.includes(code) ? JSON.stringify({ kind: 'transient', code, message: '' }) : null,
          code === 'clear' ? 'clear' : 'sync',
          code && INSTEAD.includes(code) && code !== 'clear' ? JSON.stringify({ kind: code }) : null,
        ],
      );
  }
  const found = await lateConnections({ db, clock: () => NOW });
  return Object.fromEntries(
    found.map(({ name, overMinutes, catchingUp }) => [name, catchingUp ? 'soon' : overMinutes]),
  );
}

test('who is past twice the interval, or the target that was set, is late; who is paused or runs by hand is not', async () => {
  const old: [string, string] = ['succeeded', '2026-07-01T09:30Z'];
  expect(
    await late({
      fresh: { syncs: [['succeeded', '2026-07-01T11:00Z']] },
      old: { syncs: [old, ['failed', '2026-07-01T10:30Z']] },
      patient: { syncs: [old], target: 300 },
      strict: { syncs: [['succeeded', '2026-07-01T11:00Z']], target: 30 },
      paused: { syncs: [old], status: 'inactive' },
      manual: { syncs: [old], schedule: '{"type":"manual"}' },
      never: { syncs: [] },
    }),
  ).toEqual({ old: 30, strict: 30, never: 600 });
});

test('tables that somebody has emptied since, or loaded rows of quarantine into, are no fresher for it', async () => {
  const old: [string, string] = ['succeeded', '2026-07-01T09:30Z'];
  const found = await late({
    emptied: { syncs: [old, ['succeeded', '2026-07-01T11:30Z', 'clear']] },
    replayed: { syncs: [old, ['succeeded', '2026-07-01T11:30Z', 'replay']] },
    refreshed: { syncs: [old, ['succeeded', '2026-07-01T11:30Z', 'refresh']] },
  });
  expect(found).toEqual({ emptied: 30, replayed: 30 });
});

test('a due time that was skipped is late at once, and a sync that has just begun is waited for', async () => {
  expect(
    await late({
      skipped: {
        syncs: [
          ['succeeded', '2026-07-01T11:00Z'],
          ['skipped', '2026-07-01T11:59Z', 'still_running'],
        ],
      },
      held: {
        syncs: [
          ['succeeded', '2026-07-01T11:00Z'],
          ['skipped', '2026-07-01T11:59Z', 'load_held'],
        ],
      },
      running: { syncs: [['running', '2026-07-01T11:50Z']] },
      hanging: { syncs: [['running', '2026-07-01T11:40Z']] },
    }),
  ).toEqual({ skipped: null, running: 'soon', hanging: 600 });
});
