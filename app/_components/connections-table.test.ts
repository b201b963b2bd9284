import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsTestingAdapter } from 'nuqs/adapters/testing';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { ClockProvider } from './clock.tsx';
import type { ConnectionsTable as Table } from './connections-table.tsx';
import { Toasts } from './toast.tsx';

vi.mock('next/navigation', () => ({ useRouter: () => ({}), usePathname: () => '/' }));

type Row = Parameters<typeof Table>[0]['rows'][number];

const row = (index: number, health: Row['health']) =>
  ({
    ...{
      id: `c${index}`,
      name: `pipeline_${index}`,
      health,
      running: false,
      reason: null,
      namespace: null,
      owner: null,
    },
    ...{ source: { id: 's', name: 'Shop' }, destination: { id: 'd', name: 'Warehouse', type: 'postgres' } },
    ...{ schedule: { type: 'manual' }, nextSync: null, freshness: { dataAsOf: null, targetMinutes: null } },
    ...{ lastSync: null, medianMs: null, failedInARow: 0, current: null, recent: [], failureRate: null, checks: null },
    records: { series: [], low: null, high: null, bytes: null },
  }) as Row;

/** The table's HTML. */
async function rendered(rows: Row[], searchParams = ''): Promise<string> {
  const { ConnectionsTable } = await import('./connections-table.tsx');
  const toasts = { children: createElement(ConnectionsTable, { rows }) };
  const clock = { drawnAt: 0, timeZone: 'UTC', children: createElement(Toasts, toasts) };
  const address = { searchParams, children: createElement(ClockProvider, clock) };
  const queries = { client: new QueryClient(), children: createElement(NuqsTestingAdapter, address) };
  return renderToString(createElement(QueryClientProvider, queries));
}

/** The rows that are drawn, and what offers the others. */
async function drawn(rows: Row[], searchParams = '') {
  const html = await rendered(rows, searchParams);
  return {
    rows: html.match(/href="\/connections\/c\d+"/g)?.length ?? 0,
    offers: [...html.matchAll(/Show all (?:<!-- -->)?(\d+)/g)].map(([, count]) => Number(count)),
  };
}

test('a group of many shows its first hundred, and many healthy ones fold away until they are asked for', async () => {
  const late = Array.from({ length: 250 }, (_, index) => row(index, 'late'));
  const fine = Array.from({ length: 300 }, (_, index) => row(1_000 + index, 'healthy'));
  expect(await drawn([...late, ...fine])).toEqual({ rows: 100, offers: [250, 300] });
  expect(await drawn([...late, ...fine], '?show=fine')).toEqual({ rows: 100, offers: [300] });
  expect(await drawn([...late, ...fine], '?q=pipeline_1299')).toEqual({ rows: 1, offers: [] });
  expect(await drawn([...late.slice(0, 3), ...fine.slice(0, 4)])).toEqual({ rows: 7, offers: [] });
});

test('an owner of the address narrows it to what is theirs, and nobody is one of them', async () => {
  const rows = [
    { ...row(1, 'late'), owner: 'shop team' },
    { ...row(2, 'healthy'), owner: 'crm team' },
    row(3, 'healthy'),
  ];
  expect((await drawn(rows)).rows).toBe(3);
  expect((await drawn(rows, '?owner=shop+team')).rows).toBe(1);
  expect((await drawn(rows, '?owner=-')).rows).toBe(1);
  expect((await drawn(rows, '?owner=gone')).rows).toBe(0);
  expect((await drawn(rows, '?q=crm')).rows).toBe(1);
});

test('one that has never synced stands in a group of its own, and is called neither healthy nor on time', async () => {
  const html = await rendered([row(1, 'new')]);
  expect(html).toContain('Not synced yet');
  expect(html).not.toMatch(/Healthy/);
  expect(await rendered([row(1, 'healthy')])).not.toContain('Not synced yet');
  const first = { current: { id: 1, attempt: 1, startedAt: '2026-01-01T00:00:00Z' } } as unknown as Partial<Row>;
  expect(await rendered([{ ...row(1, 'running'), ...first }])).toContain('Not synced yet');
});
