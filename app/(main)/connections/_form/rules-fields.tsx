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
  const setLimit = (field: 'rows' | 'percent', most: number | null) => {
    const { [field]: _old, ...rest } = quarantineLimit ?? {};
    const limit = most === null ? rest : { ...rest, [field]: most };
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
        <NumberField
          id="limit-rows"
          label="Most rows in quarantine"
          hint="With more, the stream fails."
          error={problem('quarantineLimit.rows')}
          value={quarantineLimit?.rows}
          onChange={(rows) => setLimit('rows', rows)}
        />
        <NumberField
          id="limit-percent"
          label="Most percent in quarantine"
          hint="Of the rows of one sync."
          error={problem('quarantineLimit.percent')}
          max={100}
          step="any"
          value={quarantineLimit?.percent}
          onChange={(percent) => setLimit('percent', percent)}
        />
      </div>
      <div className="g2">
        <NumberField
          id="memory-mb"
          label="Most memory of one sync"
          hint="MB; no more than the worker allows. Empty: what every sync gets."
          error={problem('memoryMb')}
          min={128}
          value={input.memoryMb}
          onChange={(memoryMb) => set({ memoryMb })}
        />
        <NumberField
          id="cpu-cores"
          label="Most CPU of one sync"
          hint="Cores, such as 0.5; with less, it takes longer. Empty: what every sync gets."
          error={problem('cpuCores')}
          min={0.1}
          step="any"
          value={input.cpuCores}
          onChange={(cpuCores) => set({ cpuCores })}
        />
      </div>
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

interface NumberProps {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly error: string | undefined;
  readonly min?: number;
  readonly max?: number;
  readonly step?: 'any';
  readonly value: number | null | undefined;
  /** Null for nothing. */
  readonly onChange: (value: number | null) => void;
}

/** A limit that may be left out. */
function NumberField({ id, label, hint, error, value, onChange, min = 0, ...range }: NumberProps) {
  return (
    <Field id={id} label={label} optional hint={hint} error={error}>
      <input
        className="input"
        type="number"
        {...{ min, ...range }}
        {...fieldControl(id, error, true)}
        value={value ?? ''}
        onChange={({ target }) => onChange(target.value.trim() === '' ? null : Number(target.value))}
      />
    </Field>
  );
}
