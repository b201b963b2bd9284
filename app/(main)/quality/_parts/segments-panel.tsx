'use client';

import { Panel, PanelBody } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { outcomeState, stateClass } from '../../../_components/states.ts';
import type { Result } from './models.ts';

/** What explains a failure: the check's value in each segment, worst first. */
export function SegmentsPanel({ result }: { result: Result }) {
  if (result.segments.length === 0) return null;
  const widest = Math.max(...result.segments.map(({ value }) => Math.abs(value ?? 0)), Number.MIN_VALUE);
  return (
    <Panel title="What explains it" sub={`${result.segments.length} segments, worst first`}>
      <PanelBody>
        <div className="why">
          {result.segments.map(({ segment, outcome, value, valueText }) => (
            <div key={segment} className={`contents ${stateClass(outcomeState(outcome).state)}`}>
              <StateMark state={outcomeState(outcome).state} className="mono">
                {segment}
              </StateMark>
              <span className="t" aria-hidden="true">
                <b style={{ width: `${(100 * Math.abs(value ?? 0)) / widest}%` }} />
              </span>
              <span className="num r">{valueText ?? '—'}</span>
            </div>
          ))}
        </div>
      </PanelBody>
    </Panel>
  );
}
