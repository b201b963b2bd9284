'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../_components/api.ts';
import { MetricChart, type MetricMark } from '../../../_components/charts/metric-chart.tsx';
import { TimeAt } from '../../../_components/clock.tsx';
import { plural } from '../../../_components/format.ts';
import { Panel } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { outcomeState } from '../../../_components/states.ts';
import { CopySql } from './copy-sql.tsx';
import { type History, type Result, titleParts, valueText } from './models.ts';

interface MetricPanelProps {
  readonly suiteId: string;
  readonly result: Result;
  readonly history: History;
  readonly marks: readonly MetricMark[];
}

/** One check over its runs: what it measured, its limit, and what it says of the last value. */
export function MetricPanel({ suiteId, result, history: first, marks }: MetricPanelProps) {
  const [days, setDays] = useState<number | null>(null);
  const { data: history } = useQuery({
    queryKey: ['suites', suiteId, 'history', result.key, days],
    queryFn: () => api.get<History>(`/suites/${suiteId}/history?key=${encodeURIComponent(result.key)}&days=${days}`),
    enabled: days !== null,
    placeholderData: (before) => before ?? first,
  });
  const { points: measured } = (days === null ? null : history) ?? first;
  const { kind, subject } = titleParts(result);
  const { state, word } = outcomeState(result.outcome);
  const points = measured.map(({ at, value, low, high, expected, outcome }) => ({
    at,
    value,
    low,
    high,
    expected,
    state: outcomeState(outcome).state,
  }));
  const found = measured.filter(({ backfilled }) => backfilled).length;
  return (
    <Panel
      id="metric"
      title={`${kind}, ${subject}`}
      sub={`${result.table}, ${plural(points.length, 'run')}`}
      side={
        <>
          <Range days={days} onChoose={setDays} />
          <CopySql suiteId={suiteId} checkKey={result.key} what="measures" />
          <StateMark state={state}>{word}</StateMark>
        </>
      }
      foot={
        <span className="metric-foot">
          <span>{result.message}</span>
          <span>
            Measured <TimeAt at={result.measuredAt} />.
          </span>
          {result.limitText && <span>Limit {result.limitText}.</span>}
          {found > 0 && <span>{plural(found, 'point')} found later, from a column of times.</span>}
        </span>
      }
    >
      <div style={{ padding: '16px 4px 4px' }}>
        <MetricChart
          points={points}
          marks={marks}
          format={(value) => valueText(value, result)}
          label={`${kind} of ${subject} over ${plural(points.length, 'run')}. ${result.message}`}
        />
      </div>
    </Panel>
  );
}

const RANGES = [7, 30, 90, 365] as const;

/** How far back the chart goes; the last runs unless one is chosen. */
function Range({ days, onChoose }: { days: number | null; onChoose: (days: number | null) => void }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a segmented control, not a fieldset
    <div className="seg" role="group" aria-label="How far back">
      {RANGES.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === days}
          onClick={() => onChoose(each === days ? null : each)}
        >
          {each === 365 ? '1y' : `${each}d`}
        </button>
      ))}
    </div>
  );
}
