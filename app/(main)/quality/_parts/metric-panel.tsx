'use client';

import { MetricChart } from '../../../_components/charts/metric-chart.tsx';
import { TimeAt } from '../../../_components/clock.tsx';
import { plural } from '../../../_components/format.ts';
import { Panel } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { outcomeState } from '../../../_components/states.ts';
import { type History, type Result, titleParts, valueText } from './models.ts';

/** One check over its runs: what it measured, its limit, and what it says of the last value. */
export function MetricPanel({ result, history }: { result: Result; history: History }) {
  const { kind, subject } = titleParts(result);
  const { state, word } = outcomeState(result.outcome);
  const points = history.points.map(({ at, value, low, high, expected, outcome }) => ({
    at,
    value,
    low,
    high,
    expected,
    state: outcomeState(outcome).state,
  }));
  return (
    <Panel
      id="metric"
      title={`${kind}, ${subject}`}
      sub={`${result.table}, ${plural(points.length, 'run')}`}
      side={<StateMark state={state}>{word}</StateMark>}
      foot={
        <span className="metric-foot">
          <span>{result.message}</span>
          <span>
            Measured <TimeAt at={result.measuredAt} />.
          </span>
          {result.limitText && <span>Limit {result.limitText}.</span>}
        </span>
      }
    >
      <div style={{ padding: '16px 4px 4px' }}>
        <MetricChart
          points={points}
          format={(value) => valueText(value, result)}
          label={`${kind} of ${subject} over ${plural(points.length, 'run')}. ${result.message}`}
        />
      </div>
    </Panel>
  );
}
