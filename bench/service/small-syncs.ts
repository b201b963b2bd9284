import { setTimeout } from 'node:timers/promises';
import { startApi } from '../postgres/api-to-postgres.ts';
import type { BenchRow, Figure } from '../row.ts';
import { finishedSyncs, percentile, startService } from './service.ts';

const VERSIONS = { node: process.versions.node };
const SYNCS = 100;
/** Each connection's first sync makes its table. */
const CONNECTIONS = 4;
const EVERY_MS = 1_000;
const AHEAD_MS = 600;
const BARS = { p50: 100, p99: 300 };
const LEAD_MS = 2_000;

/** Two records in a running service, one due time after another: from the due time to the committed state. */
export const smallSync: BenchRow = {
  name: 'small-sync',
  async run(bench) {
    const api = await startApi(2);
    const service = await startService(bench, api.url, CONNECTIONS);
    const all = SYNCS + CONNECTIONS;
    try {
      const first = Math.ceil((Date.now() + LEAD_MS) / 1_000) * 1_000;
      // One a second, at whole seconds, as schedules have it.
      for (let index = 0; index < all; index++) {
        const due = first + index * EVERY_MS;
        await setTimeout(Math.max(0, due - AHEAD_MS - Date.now()));
        const id = service.connectionIds[index % CONNECTIONS];
        await service.query('update connection set next_due = $2 where id = $1', [id, new Date(due)]);
      }
      const syncs = await finishedSyncs(service, all, 30_000);
      const failed = syncs.filter(({ status }) => status !== 'succeeded').length;
      if (failed > 0 || syncs.length < all) throw new Error(`${failed} failed, ${syncs.length} ended`);
      const times = syncs.slice(CONNECTIONS).map(({ totalMs }) => totalMs);
      return [figure('p50', percentile(times, 0.5)), figure('p99', percentile(times, 0.99))];
    } finally {
      await service.stop();
      api.stop();
    }
  },
};

function figure(name: 'p50' | 'p99', ms: number): Figure {
  return {
    name: `small-sync/${name}`,
    work: 'sync of two records in a running service, due time to committed state',
    ...{ ours: ms, peer: null, unit: 'ms', ratio: null, bar: `≤ ${BARS[name]} ms`, ok: ms <= BARS[name] },
    versions: VERSIONS,
  };
}

const AT_ONCE = 1_000;
const DRAIN_S = 60;

/** A thousand connections with one due time. */
export const dueAtOnce: BenchRow = {
  name: 'due-at-once',
  async run(bench) {
    const api = await startApi(2);
    const service = await startService(bench, api.url, AT_ONCE);
    try {
      const due = new Date(Math.ceil((Date.now() + LEAD_MS) / 1_000) * 1_000);
      await service.query('update connection set next_due = $1', [due]);
      const syncs = await finishedSyncs(service, AT_ONCE, 10 * 60_000);
      const { rows } = await service.warehouse.query<{ streams: string; rows: string }>(
        `select count(*) as streams, sum((published ->> 'inserted')::int) as rows from _weir.stream`,
      );
      const [{ doubled } = { doubled: 0 }] = await service.query<{ doubled: number }>(
        'select count(*)::int as doubled from (select from syncs group by connection_id having count(*) > 1) d',
      );
      const whole =
        syncs.length === AT_ONCE && Number(rows[0]?.streams) === AT_ONCE && Number(rows[0]?.rows) === 2 * AT_ONCE;
      const drained = Math.max(...syncs.map(({ totalMs }) => totalMs)) / 1_000;
      const waits = syncs.map(({ waitMs }) => waitMs / 1_000);
      return [
        {
          name: 'due-at-once',
          work: `${AT_ONCE} syncs of two records due at once`,
          ...{
            ours: drained,
            peer: null,
            unit: 's',
            ratio: null,
            bar: `none missed or doubled, drained in ≤ ${DRAIN_S} s`,
          },
          ok: whole && doubled === 0 && drained <= DRAIN_S,
          versions: VERSIONS,
          note: `${syncs.length} ended, ${rows[0]?.rows} rows, ${doubled} doubled; wait p50 ${percentile(waits, 0.5).toFixed(1)} s, p99 ${percentile(waits, 0.99).toFixed(1)} s`,
        },
      ];
    } finally {
      await service.stop();
      api.stop();
    }
  },
};
