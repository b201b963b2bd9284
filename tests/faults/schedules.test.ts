import fc from 'fast-check';
import { expect } from 'vitest';
import { connectDatabase } from '#lib/db/connect.ts';
import type { Schedule } from '#lib/db/schema.ts';
import { dueAfter, nextDue, scheduleIssues } from '#lib/jobs/due-times.ts';
import { enqueueDue } from '#lib/sync/enqueue-due.ts';
import { type TestService, testService } from '#lib/sync/fixtures/service.ts';
import { faultProxy } from '#tests/harness/fault-proxy.ts';
import { fault } from './fault.ts';

// Each due time is one sync: with several schedulers, with clocks that jump, and in every zone when summer begins and ends.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CONNECTIONS = 1_000;
const MINUTES = 3;

const everyMinute: Schedule = { type: 'cron', expression: '* * * * *', timeZone: 'UTC' };
const cron = (expression: string, timeZone: string): Schedule => ({ type: 'cron', expression, timeZone });
const daily = (at: string, timeZone: string): Schedule => ({ type: 'daily', at, timeZone });

function upcoming(schedule: Schedule, after: string, count: number): string[] {
  const times: string[] = [];
  for (let due = nextDue(schedule, new Date(after)); due && times.length < count; due = nextDue(schedule, due))
    times.push(due.toISOString().slice(0, 16));
  return times;
}

const endAll = ({ query }: TestService) => query("update syncs set status = 'succeeded' where status = 'pending'");
const dueTimes = ({ query }: TestService) =>
  query<{ syncs: number; times: number }>(
    'select count(*)::int as syncs, count(distinct due_at)::int as times from syncs group by connection_id',
  );

fault(
  70,
  async () => {
    const service = await testService({ schedule: everyMinute, nextDue: '2026-01-01T12:00:00Z' });
    await service.query(
      `insert into connection (workspace_id, name, source_id, destination_id, schedule, next_due)
     select workspace_id, name || n, source_id, destination_id, schedule, next_due
     from connection, generate_series(2, ${CONNECTIONS}) n`,
    );
    const [row] = await service.query<{ name: string }>('select current_database() as name');
    const url = new URL(process.env.WEIR_TEST_POSTGRES ?? '');
    await using way = await faultProxy({ host: url.hostname, port: Number(url.port) });
    url.host = `${way.host}:${way.port}`;
    url.pathname = `/${row?.name}`;
    const unlucky = { ...service, db: connectDatabase(url.href, { maxConnections: 2, name: 'unlucky' }) };
    for (let minute = 0; minute < MINUTES; minute++) {
      // The one whose way is cut before or after its commit did all of its work, or none.
      void way.breakAt('commit\0', minute % 2 === 0 ? 'cut after' : 'cut before');
      await enqueueDue(unlucky).catch(() => undefined);
      for (let found = 1; found > 0; )
        found = Math.max(...(await Promise.all([enqueueDue(service), enqueueDue(unlucky), enqueueDue(service)])));
      await endAll(service);
      service.move(60_000);
    }
    await unlucky.db.destroy();
    const rows = await dueTimes(service);
    expect(rows).toHaveLength(CONNECTIONS);
    for (const row of rows) expect(row).toEqual({ syncs: MINUTES, times: MINUTES });
  },
  { alone: true },
);

fault(
  71,
  async () => {
    const service = await testService({ schedule: cron('0 * * * *', 'UTC'), nextDue: '2026-01-01T12:00:00Z' });
    // An hour back and on again, over midnight, and a step of a second: due times are those that were written down.
    for (const hours of [0, -1, 1, 1, -13, 13, 12, -1, 1, 1 / 3600, -1 / 3600]) {
      service.move(hours * HOUR_MS);
      await enqueueDue(service);
      await enqueueDue(service);
      await endAll(service);
    }
    const syncs = await service.query<{ due_at: Date }>('select due_at from syncs order by id');
    const times = syncs.map(({ due_at: at }) => at.toISOString());
    expect(new Set(times).size).toBe(times.length);
    expect(times).toEqual(times.toSorted());
    // The clock's highest was 02:00 the next day, by jumps: 12:00, 13:00 on its way, and what was jumped over as one.
    expect(times).toEqual(['2026-01-01T12:00:00.000Z', '2026-01-01T13:00:00.000Z', '2026-01-01T14:00:00.000Z']);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }), { maxLength: 30 }), (jumps) => {
        let now = Date.parse('2026-03-28T23:00:00Z');
        let due = nextDue(daily('02:30', 'Europe/Berlin'), new Date(now)) as Date;
        for (const jump of jumps) {
          now += jump;
          if (due.getTime() > now) continue;
          const next = dueAfter(daily('02:30', 'Europe/Berlin'), due, new Date(now)) as Date;
          expect(next.getTime()).toBeGreaterThan(Math.max(now, due.getTime()));
          due = next;
        }
      }),
    );
  },
  { alone: true },
);

fault(
  72,
  async () => {
    expect(upcoming(cron('30 2 * * *', 'Europe/Berlin'), '2024-03-30T12:00:00Z', 2)).toEqual([
      '2024-03-31T01:00',
      '2024-04-01T00:30',
    ]);
    expect(upcoming(cron('30 1 * * *', 'America/New_York'), '2024-11-02T12:00:00Z', 2)).toEqual([
      '2024-11-03T05:30',
      '2024-11-04T06:30',
    ]);
    expect(upcoming(cron('0 0 29 2 *', 'UTC'), '2026-01-01T00:00:00Z', 1)).toEqual(['2028-02-29T00:00']);
    expect(upcoming(cron('0 0 31 * *', 'UTC'), '2026-01-31T12:00:00Z', 2)).toEqual([
      '2026-03-31T00:00',
      '2026-05-31T00:00',
    ]);
    expect(scheduleIssues(cron('0 0 30 2 *', 'UTC'))).toEqual([
      { path: 'expression', message: '0 0 30 2 * never comes.' },
    ]);
    const zones = Intl.supportedValuesOf('timeZone');
    const day = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-12-31'), noInvalidDate: true });
    const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
    const two = (value: number) => String(value).padStart(2, '0');
    fc.assert(
      fc.property(fc.constantFrom(...zones), day, time, (zone, start, [hour, minute]) => {
        const schedule = daily(`${two(hour)}:${two(minute)}`, zone);
        let due = nextDue(schedule, start) as Date;
        for (let days = 0; days < 3; days++) {
          const next = nextDue(schedule, due) as Date;
          // A day of 23 to 25 hours; a zone that leaves out a whole day, as Samoa did, lies before these years.
          expect(next.getTime() - due.getTime()).toBeGreaterThanOrEqual(21 * HOUR_MS);
          expect(next.getTime() - due.getTime()).toBeLessThanOrEqual(27 * HOUR_MS);
          due = next;
        }
      }),
      { numRuns: 500 },
    );
    const quarterly = (zone: string) => cron('*/15 * * * *', zone);
    fc.assert(
      fc.property(fc.constantFrom(...zones), day, (zone, start) => {
        let due = nextDue(quarterly(zone), start) as Date;
        for (let step = 0; step < 20; step++) {
          const next = nextDue(quarterly(zone), due) as Date;
          expect(next.getTime() - due.getTime()).toBe(15 * 60_000);
          due = next;
        }
      }),
      { numRuns: 200 },
    );
  },
  { sample: true },
);
