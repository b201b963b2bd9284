'use client';

import { failureOf } from '../../../_components/api.ts';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { useForm } from './use-form.ts';

const ROLES = [
  ['viewer', 'Viewer: reads'],
  ['editor', 'Editor: changes and runs connections'],
  ['admin', 'Administrator: everything, secrets and settings too'],
] as const;
const EXPIRIES = [
  ['90', 'in 90 days'],
  ['365', 'in a year'],
  ['', 'never'],
] as const;

/** What lets a program in, as the API takes it. */
export interface AccessInput {
  readonly name: string;
  readonly role: string;
  readonly expiresInDays: number | null;
}

/** Asks for name, role and end of an API key or an application. */
export function useAccessForm(noun: string, send: (input: AccessInput) => Promise<void>) {
  return useForm({
    initial: { name: '', role: 'editor', expiresInDays: '365' },
    check: ({ name }): Record<string, string> => (name.trim() ? {} : { name: `Give the ${noun} a name.` }),
    send: async ({ name, role, expiresInDays }) =>
      send({ name, role, expiresInDays: expiresInDays === '' ? null : Number(expiresInDays) }),
  });
}

export function AccessForm({ id, form }: { id: string; form: ReturnType<typeof useAccessForm> }) {
  const { values, errors, set } = form;
  return (
    <form id={id} className="fields" onSubmit={form.submit} noValidate>
      <Field id="access-name" label="Name" error={errors.name} hint="What uses it, such as Airflow.">
        <input
          className="input"
          value={values.name}
          onChange={(event) => set({ name: event.target.value })}
          {...fieldControl('access-name', errors.name, true)}
        />
      </Field>
      <Choice id="role" label="Role" value={values.role} choices={ROLES} onChange={(role) => set({ role })} />
      <Choice
        id="expires"
        label="Expires"
        value={values.expiresInDays}
        choices={EXPIRIES}
        onChange={(expiresInDays) => set({ expiresInDays })}
      />
      {form.refusal !== null && <FailureNotice failure={failureOf(form.refusal)} alert />}
    </form>
  );
}

interface ChoiceProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, word: string])[];
  readonly onChange: (value: string) => void;
}

function Choice({ id, label, value, choices, onChange }: ChoiceProps) {
  return (
    <Field id={id} label={label}>
      <select className="select" value={value} onChange={(event) => onChange(event.target.value)} {...fieldControl(id)}>
        {choices.map(([choice, word]) => (
          <option key={choice} value={choice}>
            {word}
          </option>
        ))}
      </select>
    </Field>
  );
}
