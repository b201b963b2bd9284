'use client';

import { Button } from './button.tsx';
import { FailureNotice, Notice } from './notice.tsx';
import type { ProbeState } from './use-probe.ts';

export interface CheckAnswer {
  readonly ok: boolean;
  readonly message: string;
}

/** What a test of a source or destination found. An administrator may allow a private address right here. */
export function CheckOutcome({
  probe,
  onAllow,
}: {
  probe: ProbeState<CheckAnswer>;
  onAllow?: (host: string, port: number) => void;
}) {
  if (probe.status === 'running') return <Notice state="run" title="Testing: a worker asks the other side." />;
  if (probe.failure) {
    const place = probe.failure.code === 'address_refused' ? hostOf(probe.failure.where?.url) : null;
    const allow = place && onAllow && (
      <Button onClick={() => onAllow(place.host, place.port)}>{`Allow ${place.host}:${place.port}`}</Button>
    );
    return <FailureNotice failure={probe.failure} title="The test failed" actions={allow || undefined} alert />;
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

function hostOf(url: string | undefined): { host: string; port: number } | null {
  if (url === undefined || !URL.canParse(url)) return null;
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}
