import { Field, fieldControl } from '../../../_components/field.tsx';
import { DAY_CHOICES, type RuleValues } from './rule.ts';
import type { Errors } from './use-form.ts';

interface Props {
  readonly values: RuleValues;
  readonly errors: Errors;
  readonly set: (change: Partial<RuleValues>) => void;
}

/** When a rule tells: after failures in a row, not in quiet hours, warnings once a day. */
export function RuleTimeFields({ values, errors, set }: Props) {
  const needsZone = values.quiet || values.digest;
  const zoneError = errors['quietHours.timeZone'] ?? errors['digest.timeZone'];
  return (
    <>
      <Field
        id="failuresInARow"
        label="Failed syncs in a row"
        error={errors.failuresInARow}
        hint="So many before anybody is told."
      >
        <input
          className="input"
          inputMode="numeric"
          value={values.failuresInARow}
          onChange={(event) => set({ failuresInARow: event.target.value })}
          {...fieldControl('failuresInARow', errors.failuresInARow, true)}
        />
      </Field>
      <label className="check">
        <input type="checkbox" checked={values.quiet} onChange={(event) => set({ quiet: event.target.checked })} />
        Keep quiet for some hours; what happens then is told at their end, in one message
      </label>
      {values.quiet && (
        <div className="g3">
          <TimeField
            id="quiet-from"
            label="From"
            value={values.from}
            error={errors['quietHours.from']}
            onChange={(from) => set({ from })}
          />
          <TimeField
            id="quiet-to"
            label="To"
            value={values.to}
            error={errors['quietHours.to']}
            onChange={(to) => set({ to })}
          />
          <Field id="quiet-days" label="On">
            <select
              className="select"
              value={values.days}
              onChange={(event) => set({ days: event.target.value })}
              {...fieldControl('quiet-days')}
            >
              {[...DAY_CHOICES, ...otherDays(values.days)].map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </Field>
        </div>
      )}
      <label className="check">
        <input type="checkbox" checked={values.digest} onChange={(event) => set({ digest: event.target.checked })} />
        Gather warnings and tell them once a day
      </label>
      {values.digest && (
        <TimeField
          id="digest-at"
          label="Digest at"
          value={values.digestAt}
          error={errors['digest.at']}
          onChange={(digestAt) => set({ digestAt })}
        />
      )}
      {needsZone && (
        <Field id="rule-zone" label="Time zone" error={zoneError} hint="Such as Europe/Berlin.">
          <input
            className="input"
            value={values.timeZone}
            onChange={(event) => set({ timeZone: event.target.value })}
            {...fieldControl('rule-zone', zoneError, true)}
          />
        </Field>
      )}
    </>
  );
}

/** Days that a program or a folder chose stay as they are. */
function otherDays(days: string) {
  if (DAY_CHOICES.some(({ value }) => value === days)) return [];
  const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  return [
    {
      value: days,
      label: days
        .split(',')
        .map((day) => names[Number(day)] ?? day)
        .join(', '),
    },
  ];
}

function TimeField({
  id,
  label,
  value,
  error,
  onChange,
}: {
  id: string;
  label: string;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}) {
  return (
    <Field id={id} label={label} error={error}>
      <input
        type="time"
        className="input"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...fieldControl(id, error)}
      />
    </Field>
  );
}
