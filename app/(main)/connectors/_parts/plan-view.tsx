'use client';

import { useState } from 'react';
import type { Failure } from '#lib/errors.ts';
import type { StreamPlan } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import { failureOf } from '../../../_components/api.ts';
import { askProbe } from '../../../_components/ask-probe.ts';
import { Button } from '../../../_components/button.tsx';
import { formatCount } from '../../../_components/format.ts';
import { FailureNotice } from '../../../_components/notice.tsx';

interface Props {
  readonly manifest: string;
  readonly config: JsonObject;
  readonly stream: string | null;
  /** Where a plan may go on from: the state of the last test. */
  readonly state: JsonObject | null;
}

/** Slices of a read and the first request of each, worked out without asking the API anything. */
export function PlanView({ manifest, config, stream, state }: Props) {
  const [plan, setPlan] = useState<StreamPlan | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const make = async (from: JsonObject | null) => {
    setBusy(true);
    setFailure(null);
    try {
      setPlan((await askProbe<{ plan: StreamPlan }>({ kind: 'plan', manifest, config, stream, state: from })).plan);
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-label="Plan">
      <div className="sec">
        <span className="muted small">What a read would ask for. Nothing is sent.</span>
        <span className="grow" />
        {state !== null && (
          <Button size="s" busy={busy} onClick={() => void make(state)}>
            Plan from this state
          </Button>
        )}
        <Button size="s" busy={busy} onClick={() => void make(null)} aria-disabled={stream === null}>
          Plan {stream ?? ''}
        </Button>
      </div>
      {failure && (
        <div className="pad">
          <FailureNotice failure={failure} alert />
        </div>
      )}
      {plan && <PlannedSlices plan={plan} />}
    </section>
  );
}

function PlannedSlices({ plan }: { plan: StreamPlan }) {
  const { slices, count, unknownUntil, reason } = plan;
  const words = `${formatCount(count)} ${count === 1 ? 'slice' : 'slices'}`;
  return (
    <>
      <p className="pad small" role="status">
        {reason ?? words}
        {unknownUntil !== null && ` for each partition; the partitions are known once ${unknownUntil} was read`}
        {count > slices.length && `, the first ${slices.length} of them here`}.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="scroll" aria-label="Slices" tabIndex={0}>
        <table className="tight rec">
          <thead>
            <tr>
              <th>Slice</th>
              <th>First request</th>
            </tr>
          </thead>
          <tbody>
            {slices.map(({ slice, request, before }) => (
              <tr key={slice}>
                <td className="mono">{slice}</td>
                <td className="mono" title={request?.url}>
                  {before && <span className="faint">{before}; </span>}
                  {request ? `${request.method} ${request.url}` : 'known once what comes before was read'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
