'use client';

import type { ManifestTest } from '#lib/manifest/weir-block.ts';
import { plural } from '../../../_components/format.ts';
import { TestLimitFields, type TestLimits, USUAL_LIMITS } from './test-limits.tsx';

export type Fault = 'rate_limit' | 'server_errors' | 'slow' | 'cut' | 'repeat' | 'expired_token';

/** How a test reads, whatever the stream. */
export interface TestOptions {
  readonly limits: TestLimits;
  readonly faults: readonly Fault[];
  /** Read the recording of the last test in place of the API. */
  readonly replay: boolean;
}

export const USUAL_OPTIONS: TestOptions = { limits: USUAL_LIMITS, faults: [], replay: false };

const FAULTS: readonly (readonly [fault: Fault, word: string])[] = [
  ['rate_limit', '429, retry after 1 s'],
  ['server_errors', 'Two answers of 500'],
  ['slow', 'A slow page, 3 s'],
  ['cut', 'A page that breaks off'],
  ['repeat', 'A repeated page'],
  ['expired_token', 'An expired token'],
];

interface Props {
  readonly value: TestOptions;
  readonly onChange: (options: TestOptions) => void;
  /** What can be read in place of the API; null before a test of this stream. */
  readonly recording: ManifestTest | null;
}

/** Limits, the recording in place of the API, and what the API is made to do wrong. */
export function TestOptionFields({ value, onChange, recording }: Props) {
  const { faults } = value;
  const toggle = (fault: Fault, on: boolean) =>
    onChange({ ...value, faults: on ? [...faults, fault] : faults.filter((each) => each !== fault) });
  return (
    <>
      <TestLimitFields value={value.limits} onChange={(limits) => onChange({ ...value, limits })} />
      <label className="row small">
        <input
          type="checkbox"
          checked={value.replay && recording !== null}
          disabled={recording === null}
          onChange={(event) => onChange({ ...value, replay: event.target.checked })}
        />
        <span className={recording === null ? 'faint' : ''}>
          Read the recording, not the API
          {recording !== null && <span className="muted"> ({plural(recording.exchanges.length, 'answer')})</span>}
        </span>
      </label>
      <details className="small">
        <summary>
          Let the API misbehave{faults.length > 0 && <span className="s-warn st"> {faults.length} chosen</span>}
        </summary>
        <fieldset className="faults">
          <legend className="sr-only">In the next test the API answers with</legend>
          {FAULTS.map(([fault, word]) => (
            <label key={fault} className="row">
              <input
                type="checkbox"
                checked={faults.includes(fault)}
                onChange={(event) => toggle(fault, event.target.checked)}
              />
              {word}
            </label>
          ))}
        </fieldset>
      </details>
    </>
  );
}
