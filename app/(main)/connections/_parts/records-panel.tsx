'use client';

import { MetricChart } from '../../../_components/charts/metric-chart.tsx';
import { useNow } from '../../../_components/clock.tsx';
import { formatCount } from '../../../_components/format.ts';
import { Panel } from '../../../_components/panel.tsx';
import type { RowModel } from './models.ts';

const DAY_MS = 86_400_000;

const LEAST_DAYS = 2;

/** Records published per day, with what is usual for this connection. Today is not over: it is judged only above the band. */
export function RecordsPanel({ row }: { row: RowModel }) {
  const now = useNow();
  const { series, low, high } = row.records;
  if (series.filter((value) => value !== null).length < LEAST_DAYS) return null;
  const points = series.map((value, index) => {
    const isToday = index === series.length - 1;
    const outside = value !== null && low !== null && high !== null && (value > high || (!isToday && value < low));
    return {
      at: now - (series.length - 1 - index) * DAY_MS,
      ...{ value, low, high },
      state: outside ? ('warn' as const) : ('ok' as const),
    };
  });
  return (
    <Panel title="Records per day" sub="last 14 days; the band is what is usual">
      <div style={{ padding: '16px 4px 4px' }}>
        <MetricChart
          points={points}
          format={formatCount}
          height={140}
          label={`Records published by ${row.name} per day over the last 14 days`}
        />
      </div>
    </Panel>
  );
}
