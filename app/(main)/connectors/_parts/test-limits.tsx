'use client';

export interface TestLimits {
  readonly maxSlices: number;
  readonly maxPages: number;
  readonly maxRecords: number;
}

export const USUAL_LIMITS: TestLimits = { maxSlices: 3, maxPages: 3, maxRecords: 300 };

const FIELDS: readonly { name: keyof TestLimits; label: string; most: number }[] = [
  { name: 'maxSlices', label: 'slices', most: 100 },
  { name: 'maxPages', label: 'pages each', most: 100 },
  { name: 'maxRecords', label: 'records', most: 5_000 },
];

/** How much a test reads at most: a test that reads all would be a sync. */
export function TestLimitFields({ value, onChange }: { value: TestLimits; onChange: (limits: TestLimits) => void }) {
  return (
    <fieldset className="limits small">
      <legend className="sr-only">The test reads at most</legend>
      {FIELDS.map(({ name, label, most }) => (
        <label key={name}>
          <input
            className="input"
            type="number"
            min={1}
            max={most}
            value={value[name]}
            onChange={(event) => onChange({ ...value, [name]: clamped(event.target.valueAsNumber, most) })}
          />
          <span className="muted">{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

function clamped(value: number, most: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(1, Math.round(value))) : 1;
}
