'use client';

import type { Schedule } from '#lib/db/schema.ts';
import { Field, FieldNote, fieldControl } from '../../../_components/field.tsx';
import { cronWords } from '../../../_components/format.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const TYPES: readonly [Schedule['type'], string][] = [
  ['manual', 'Manual'],
  ['hourly', 'Every few hours'],
  ['daily', 'Daily'],
  ['weekly', 'Weekly'],
  ['cron', 'Cron'],
];

interface Props {
  readonly value: Schedule;
  readonly onChange: (schedule: Schedule) => void;
  readonly timeZone: string;
  /** By path below `schedule`; an empty path is the schedule's own. */
  readonly problems: Readonly<Record<string, string>>;
}

/** When the connection runs: manual, every N hours, daily, weekly on days, or cron, with its time zone. */
export function ScheduleField({ value, onChange, timeZone, problems }: Props) {
  const error = problems.type ?? problems[''];
  return (
    <>
      <Field id="schedule" label="Schedule" error={error}>
        <select
          className="select"
          {...fieldControl('schedule', error)}
          value={value.type}
          onChange={(event) => onChange(startOf(event.target.value as Schedule['type'], timeZone))}
        >
          {TYPES.map(([type, label]) => (
            <option key={type} value={type}>
              {label}
            </option>
          ))}
        </select>
      </Field>
      {value.type === 'hourly' && (
        <Field id="schedule-every" label="Hours between syncs" error={problems.every}>
          <input
            className="input"
            type="number"
            min={1}
            max={24 * 366}
            {...fieldControl('schedule-every', problems.every)}
            value={value.every}
            onChange={(event) => onChange({ ...value, every: Number(event.target.value) })}
          />
        </Field>
      )}
      {(value.type === 'daily' || value.type === 'weekly') && (
        <Field id="schedule-at" label="Time of day" error={problems.at}>
          <input
            className="input"
            type="time"
            {...fieldControl('schedule-at', problems.at)}
            value={value.at}
            onChange={(event) => onChange({ ...value, at: event.target.value })}
          />
        </Field>
      )}
      {value.type === 'weekly' && (
        <fieldset className="group" id="schedule-days" tabIndex={-1}>
          <legend>Days</legend>
          {DAYS.map((name, day) => (
            <label key={name} className="row small">
              <input
                type="checkbox"
                checked={value.days.includes(day)}
                onChange={(event) =>
                  onChange({
                    ...value,
                    days: event.target.checked
                      ? [...value.days, day].toSorted()
                      : value.days.filter((old) => old !== day),
                  })
                }
              />
              {name}
            </label>
          ))}
          <FieldNote id="schedule-days" error={problems.days} />
        </fieldset>
      )}
      {value.type === 'cron' && (
        <Field
          id="schedule-cron"
          label="Cron expression"
          error={problems.expression}
          hint={`${inWords(value.expression)}Five fields, or Quartz with seconds first.`}
        >
          <input
            className="input mono"
            {...fieldControl('schedule-cron', problems.expression, true)}
            value={value.expression}
            onChange={(event) => onChange({ ...value, expression: event.target.value })}
          />
        </Field>
      )}
      {value.type !== 'manual' && (
        <Field
          id="schedule-zone"
          label="Time zone"
          error={problems.timeZone}
          hint="When clocks change: a time that is left out runs an hour later, one that comes twice runs once."
        >
          <input
            className="input"
            list="time-zones"
            {...fieldControl('schedule-zone', problems.timeZone, true)}
            value={value.timeZone}
            onChange={(event) => onChange({ ...value, timeZone: event.target.value })}
          />
          <datalist id="time-zones">
            {Intl.supportedValuesOf('timeZone').map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </datalist>
        </Field>
      )}
    </>
  );
}

/** Nothing while it can't be read. */
function inWords(expression: string): string {
  const words = cronWords(expression);
  return words === expression ? '' : `In words: ${words}. `;
}

function startOf(type: Schedule['type'], timeZone: string): Schedule {
  switch (type) {
    case 'manual':
      return { type };
    case 'hourly':
      return { type, every: 6, timeZone };
    case 'daily':
      return { type, at: '02:00', timeZone };
    case 'weekly':
      return { type, days: [1], at: '02:00', timeZone };
    case 'cron':
      return { type, expression: '0 */6 * * *', timeZone };
  }
}
