'use client';

import { useRouter } from 'next/navigation';
import type { Retention } from '#lib/access/workspace.ts';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, FieldsToFix, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { useForm } from './use-form.ts';

const FIELDS: readonly { name: keyof Retention; label: string; hint: string }[] = [
  { name: 'logDays', label: 'Logs of syncs, days', hint: 'Lines are the most of what Weir stores.' },
  {
    name: 'syncDays',
    label: 'Past syncs, days',
    hint: 'The newest 20 of each connection stay, and those that published what is there now.',
  },
  {
    name: 'measurementDays',
    label: 'Measurements of checks, days',
    hint: 'What is expected of a check follows from its history: two years know the seasons. The newest of each check stays.',
  },
  {
    name: 'sampleDays',
    label: 'Failing rows of checks, days',
    hint: 'They hold values of your data. A suite may keep its own for less.',
  },
];

/** How long Weir keeps what it wrote about its work. */
export function RetentionForm({ retention, readOnly }: { retention: Retention; readOnly: boolean }) {
  const router = useRouter();
  const say = useSay();
  const form = useForm({
    initial: Object.fromEntries(FIELDS.map(({ name }) => [name, String(retention[name])])) as Record<string, string>,
    check: (values) =>
      Object.fromEntries(
        FIELDS.flatMap(({ name }) =>
          /^[1-9][0-9]*$/.test(values[name]?.trim() ?? '') ? [] : [[name, 'A whole number of days.']],
        ),
      ),
    send: async (values) => {
      const days = Object.fromEntries(FIELDS.map(({ name }) => [name, Number(values[name])]));
      await api.patch('/workspace', { retention: days });
      say.done('What is older goes within the hour.');
      router.refresh();
    },
  });
  const errorOf = (name: string) => form.errors[name] ?? form.errors[`retention.${name}`];
  const ids = FIELDS.flatMap(({ name }) => (errorOf(name) ? [name] : []));
  return (
    <form className="form" onSubmit={form.submit} noValidate>
      <h2>What is kept</h2>
      <fieldset className="plain-set" disabled={readOnly}>
        {FIELDS.map(({ name, label, hint }) => (
          <Field key={name} id={name} label={label} error={errorOf(name)} hint={hint}>
            <input
              className="input num"
              inputMode="numeric"
              value={form.values[name]}
              onChange={(event) => form.set({ [name]: event.target.value })}
              onBlur={() => form.leave(name)}
              {...fieldControl(name, errorOf(name), true)}
            />
          </Field>
        ))}
      </fieldset>
      {form.refusal !== null && <FailureNotice failure={failureOf(form.refusal)} alert />}
      {!readOnly && (
        <div className="acts">
          <Button type="submit" busy={form.busy}>
            Save what is kept
          </Button>
          <FieldsToFix ids={ids} />
        </div>
      )}
    </form>
  );
}
