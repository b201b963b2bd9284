import { Field, fieldControl } from '../../../_components/field.tsx';
import { EVENTS } from './channel.ts';
import { LEVEL_CHOICES, type RuleChoices, type RuleValues } from './rule.ts';
import type { Errors } from './use-form.ts';

interface Props {
  readonly values: RuleValues;
  readonly errors: Errors;
  readonly set: (change: Partial<RuleValues>) => void;
  readonly choices: RuleChoices;
}

const SHOWN = 6;

/** What a rule is about; what is left empty does not matter. */
export function RuleMatchFields({ values, errors, set, choices }: Props) {
  const { connections, tags, owners } = choices;
  return (
    <>
      <Field id="rule-level" label="About" error={errors['matches.levels']}>
        <select
          className="select"
          value={values.levels}
          onChange={(event) => set({ levels: event.target.value })}
          {...fieldControl('rule-level', errors['matches.levels'])}
        >
          {LEVEL_CHOICES.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </Field>
      <Several
        id="rule-connections"
        label="Of these connections"
        hint="None chosen means all. Hold Ctrl or ⌘ to choose several."
        options={connections.map(({ id, name }) => ({ value: id, label: name }))}
        chosen={values.connections}
        onChange={(chosen) => set({ connections: chosen })}
      />
      {tags.length > 0 && (
        <Several
          id="rule-tags"
          label="With one of these tags"
          hint="None chosen means any."
          options={tags.map((tag) => ({ value: tag, label: tag }))}
          chosen={values.tags}
          onChange={(chosen) => set({ tags: chosen })}
        />
      )}
      <Field
        id="rule-owners"
        label="Of one of these owners"
        optional
        error={errors['matches.owners']}
        hint={owners.length > 0 ? `Separated by commas: ${owners.slice(0, 3).join(', ')} …` : 'Separated by commas.'}
      >
        <input
          className="input"
          value={values.owners}
          onChange={(event) => set({ owners: event.target.value })}
          {...fieldControl('rule-owners', errors['matches.owners'], true)}
        />
      </Field>
      <Several
        id="rule-events"
        label="Of these events only"
        hint="Its channels hear of them, whatever they ask for."
        options={EVENTS.map(({ event, label }) => ({ value: event, label }))}
        chosen={values.events}
        onChange={(chosen) => set({ events: chosen })}
      />
    </>
  );
}

function Several({
  id,
  label,
  hint,
  options,
  chosen,
  onChange,
}: {
  id: string;
  label: string;
  hint: string;
  options: readonly { readonly value: string; readonly label: string }[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}) {
  return (
    <Field id={id} label={label} optional hint={hint}>
      <select
        multiple
        className="input several"
        size={Math.min(SHOWN, Math.max(2, options.length))}
        value={[...chosen]}
        onChange={({ target }) => onChange([...target.selectedOptions].map((option) => option.value))}
        {...fieldControl(id, undefined, true)}
      >
        {options.map(({ value, label: word }) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    </Field>
  );
}
