'use client';

import { useState } from 'react';
import type { Schedule } from '#lib/db/schema.ts';
import { scheduleIssues } from '#lib/jobs/due-times.ts';
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
export function ScheduleField({ value, onChange, timeZone, problems: told }: Props) {
  const [left, setLeft] = useState<readonly string[]>([]);
  const leave = (path: string) => setLeft((old) => [...old.filter((other) => other !== path), path]);
  const problems = { ...problemsOf(value, left), ...told };
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
        <DaysField days={value.days} onChange={(days) => onChange({ ...value, days })} error={problems.days} />
      )}
      {value.type === 'cron' && (
        <TypedField
          id="schedule-cron"
          label="Cron expression"
          hint={`${inWords(value.expression)}Five fields, or Quartz with seconds first.`}
          className="input mono"
          value={value.expression}
          onChange={(expression) => onChange({ ...value, expression })}
          onLeave={() => leave('expression')}
          error={problems.expression}
        />
      )}
      {value.type !== 'manual' && (
        <>
          <TypedField
            id="schedule-zone"
            label="Time zone"
            hint="When clocks change: a time that is left out runs an hour later, one that comes twice runs once."
            list="time-zones"
            value={value.timeZone}
            onChange={(timeZone) => onChange({ ...value, timeZone })}
            onLeave={() => leave('timeZone')}
            error={problems.timeZone}
          />
          <datalist id="time-zones">
            {Intl.supportedValuesOf('timeZone').map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </datalist>
        </>
      )}
    </>
  );
}

interface DaysProps {
  /** From 0, which is Sunday. */
  readonly days: readonly number[];
  readonly onChange: (days: number[]) => void;
  readonly error: string | undefined;
}

function DaysField({ days, onChange, error }: DaysProps) {
  return (
    <fieldset className="group" id="schedule-days" tabIndex={-1}>
      <legend>Days</legend>
      {DAYS.map((name, day) => (
        <label key={name} className="row small">
          <input
            type="checkbox"
            checked={days.includes(day)}
            onChange={({ target }) =>
              onChange(target.checked ? [...days, day].toSorted() : days.filter((old) => old !== day))
            }
          />
          {name}
        </label>
      ))}
      <FieldNote id="schedule-days" error={error} />
    </fieldset>
  );
}

interface TypedProps {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onLeave: () => void;
  readonly className?: string;
  /** Id of a list of suggestions. */
  readonly list?: string;
  readonly error: string | undefined;
}

/** A text whose problems are told once it is left. */
function TypedField({ id, label, hint, error, onChange, onLeave, className = 'input', ...input }: TypedProps) {
  return (
    <Field id={id} label={label} error={error} hint={hint}>
      <input
        className={className}
        {...input}
        {...fieldControl(id, error, true)}
        onBlur={onLeave}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

/** By path, of the fields that somebody has left. */
function problemsOf(schedule: Schedule, left: readonly string[]): Record<string, string> {
  const issues = scheduleIssues(schedule).filter(({ path = '' }) => left.includes(path));
  return Object.fromEntries(issues.map(({ path = '', message }) => [path, message]));
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
