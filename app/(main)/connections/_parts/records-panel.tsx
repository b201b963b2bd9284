'use client';

import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { MetricChart } from '../../../_components/charts/metric-chart.tsx';
import { useNow } from '../../../_components/clock.tsx';
import { formatBytes, formatCount } from '../../../_components/format.ts';
import { Panel } from '../../../_components/panel.tsx';
import type { RowModel } from './models.ts';

const DAY_MS = 86_400_000;
const LEAST_DAYS = 2;
const MEASURES = ['records', 'bytes'] as const;
const SHOWN = {
  records: { title: 'Records per day', word: 'Records', format: formatCount, done: 'Records published' },
  bytes: { title: 'Bytes per day', word: 'Bytes', format: formatBytes, done: 'Bytes read' },
} as const;

/** Records or bytes per day, with what is usual for this connection. Today is not over: it is judged only above the band. */
export function RecordsPanel({ row }: { row: RowModel }) {
  const now = useNow();
  const [measure, setMeasure] = useQueryState('per-day', parseAsStringLiteral(MEASURES).withDefault('records'));
  const { series, low, high } = row[measure];
  if (series.filter((value) => value !== null).length < LEAST_DAYS) return null;
  const { title, format, done } = SHOWN[measure];
  const points = series.map((value, index) => {
    const isToday = index === series.length - 1;
    const outside = value !== null && low !== null && high !== null && (value > high || (!isToday && value < low));
    return {
      at: now - (series.length - 1 - index) * DAY_MS,
      ...{ value, low, high },
      state: outside ? ('warn' as const) : ('ok' as const),
    };
  });
  const choice = (
    // biome-ignore lint/a11y/useSemanticElements: a segmented control, not a fieldset
    <div className="seg" role="group" aria-label="What is counted">
      {MEASURES.map((each) => (
        <button key={each} type="button" aria-pressed={each === measure} onClick={() => void setMeasure(each)}>
          {SHOWN[each].word}
        </button>
      ))}
    </div>
  );
  const usual =
    low === null || high === null
      ? 'too few days for a band'
      : `usually ${format(Math.round(low))} to ${format(Math.round(high))}`;
  return (
    <Panel title={title} side={choice} foot={`The last 14 days; ${usual}.`}>
      <div style={{ padding: '16px 4px 4px' }}>
        <MetricChart
          points={points}
          format={format}
          height={140}
          label={`${done} by ${row.name} per day over the last 14 days`}
        />
      </div>
    </Panel>
  );
}
