'use client';

import { AllowHost } from './allow-host.tsx';
import { FailureNotice, Notice } from './notice.tsx';
import type { ProbeState } from './use-probe.ts';

export interface CheckAnswer {
  readonly ok: boolean;
  readonly message: string;
}

/** What a test of a source or destination found. An administrator may allow a private address right here. */
export function CheckOutcome({
  probe,
  reason,
  onAllowed,
}: {
  probe: ProbeState<CheckAnswer>;
  /** Why the address is needed. */
  reason: string;
  onAllowed: () => void;
}) {
  if (probe.status === 'running') return <Notice state="run" title="Testing: a worker asks the other side." />;
  if (probe.failure) {
    const allow = <AllowHost failure={probe.failure} reason={reason} onAllowed={onAllowed} />;
    return <FailureNotice failure={probe.failure} title="The test failed" actions={allow} alert />;
  }
  if (probe.result === null) return null;
  return (
    <Notice
      state={probe.result.ok ? 'ok' : 'fail'}
      title={probe.result.ok ? 'The test passed' : 'The test failed'}
      alert
    >
      {probe.result.message}
    </Notice>
  );
}
