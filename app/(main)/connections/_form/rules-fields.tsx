'use client';

import type { BadValues } from '#lib/catalog.ts';
import type { ConnectionInput } from '#lib/connections/connections.ts';
import type { SchemaPolicy } from '#lib/db/schema.ts';
import { Field, fieldControl } from '../../../_components/field.tsx';

const SCHEMA_CHANGES: readonly [SchemaPolicy, string][] = [
  ['propagate_columns', 'Add new columns'],
  ['propagate_fully', 'Add new columns and new streams'],
  ['ignore', 'Leave out new fields'],
  ['disable', 'Stop, and pause the connection'],
];
const BAD_VALUES: readonly [BadValues, string][] = [
  ['null', 'Write NULL, and note it in the row'],
  ['quarantine', 'Put the row into quarantine'],
  ['fail', 'Fail the stream'],
];

interface Props {
  readonly input: ConnectionInput;
  readonly set: (change: Partial<ConnectionInput>) => void;
  readonly problem: (path: string) => string | undefined;
}

/** How the connection takes what it does not expect. */
export function RulesFields({ input, set, problem }: Props) {
  const { quarantineLimit } = input;
  const setLimit = (field: 'rows' | 'percent', text: string) => {
    const { [field]: _old, ...rest } = quarantineLimit ?? {};
    const limit = text.trim() === '' ? rest : { ...rest, [field]: Number(text) };
    set({ quarantineLimit: Object.keys(limit).length > 0 ? limit : null });
  };
  return (
    <>
      <Choice
        id="schema-changes"
        label="When the schema changes"
        choices={SCHEMA_CHANGES}
        value={input.schemaChanges}
        error={problem('schemaChanges')}
        onChange={(schemaChanges) => set({ schemaChanges })}
      />
      <Choice
        id="bad-values"
        label="When a value does not fit its column"
        choices={BAD_VALUES}
        value={input.badValues}
        error={problem('badValues')}
        onChange={(badValues) => set({ badValues })}
      />
      <div className="g2">
        <Field
          id="limit-rows"
          label="Most rows in quarantine"
          optional
          hint="With more, the stream fails."
          error={problem('quarantineLimit.rows')}
        >
          <input
            className="input"
            type="number"
            min={0}
            {...fieldControl('limit-rows', problem('quarantineLimit.rows'), true)}
            value={quarantineLimit?.rows ?? ''}
            onChange={(event) => setLimit('rows', event.target.value)}
          />
        </Field>
        <Field
          id="limit-percent"
          label="Most percent in quarantine"
          optional
          hint="Of the rows of one sync."
          error={problem('quarantineLimit.percent')}
        >
          <input
            className="input"
            type="number"
            min={0}
            max={100}
            step="any"
            {...fieldControl('limit-percent', problem('quarantineLimit.percent'), true)}
            value={quarantineLimit?.percent ?? ''}
            onChange={(event) => setLimit('percent', event.target.value)}
          />
        </Field>
      </div>
      <Field
        id="memory-mb"
        label="Most memory of one sync"
        optional
        hint="MB; no more than the worker allows. Empty: what every sync gets."
        error={problem('memoryMb')}
      >
        <input
          className="input"
          type="number"
          min={128}
          {...fieldControl('memory-mb', problem('memoryMb'), true)}
          value={input.memoryMb ?? ''}
          onChange={(event) => set({ memoryMb: event.target.value === '' ? null : Number(event.target.value) })}
        />
      </Field>
    </>
  );
}

function Choice<Value extends string>({
  id,
  label,
  choices,
  value,
  error,
  onChange,
}: {
  id: string;
  label: string;
  choices: readonly [Value, string][];
  value: Value;
  error: string | undefined;
  onChange: (value: Value) => void;
}) {
  return (
    <Field id={id} label={label} error={error}>
      <select
        className="select"
        {...fieldControl(id, error)}
        value={value}
        onChange={(event) => onChange(event.target.value as Value)}
      >
        {choices.map(([choice, words]) => (
          <option key={choice} value={choice}>
            {words}
          </option>
        ))}
      </select>
    </Field>
  );
}
