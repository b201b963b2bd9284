'use client';

import { useRouter } from 'next/navigation';
import type { Workspace } from '#lib/access/workspace.ts';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, FieldsToFix, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { useForm } from './use-form.ts';

interface WorkspaceFormProps {
  readonly workspace: Wire<Workspace>;
  readonly timeZones: readonly string[];
  readonly readOnly: boolean;
}

export function WorkspaceForm({ workspace, timeZones, readOnly }: WorkspaceFormProps) {
  const router = useRouter();
  const say = useSay();
  const { name, defaultNamespace, notificationEmail, timeZone } = workspace;
  const form = useForm({
    initial: { name, defaultNamespace, notificationEmail: notificationEmail ?? '', timeZone },
    check: (values) =>
      ({ ...(!values.name.trim() && { name: 'Give the workspace a name.' }) }) as Record<string, string>,
    send: async (values) => {
      await api.patch('/workspace', { ...values, notificationEmail: values.notificationEmail.trim() || null });
      say.done('The workspace is saved.');
      router.refresh();
    },
  });
  const { values, errors, set } = form;
  const text = (field: 'name' | 'defaultNamespace' | 'notificationEmail') => ({
    className: 'input',
    value: values[field],
    onChange: (event: { target: { value: string } }) => set({ [field]: event.target.value }),
    onBlur: () => form.leave(field),
    ...fieldControl(field, errors[field], true),
  });
  const zones = timeZones.includes(values.timeZone) ? timeZones : [values.timeZone, ...timeZones];
  return (
    <form className="form" onSubmit={form.submit} noValidate>
      <fieldset className="plain-set" disabled={readOnly}>
        <Field id="name" label="Name" error={errors.name} hint="Seen in the menu and in Slack messages.">
          <input {...text('name')} />
        </Field>
        <Field
          id="defaultNamespace"
          label="Default namespace"
          error={errors.defaultNamespace}
          hint="The schema that tables go to unless a connection names another."
        >
          <input {...text('defaultNamespace')} className="input mono" spellCheck={false} />
        </Field>
        <Field
          id="timeZone"
          label="Time zone"
          error={errors.timeZone}
          hint="For schedules, freshness targets and every time on these pages."
        >
          <select
            className="select"
            value={values.timeZone}
            onChange={(event) => set({ timeZone: event.target.value })}
            {...fieldControl('timeZone', errors.timeZone, true)}
          >
            {zones.map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </select>
        </Field>
        <Field
          id="notificationEmail"
          label="Address for notifications"
          optional
          error={errors.notificationEmail}
          hint="Named as the contact of this workspace."
        >
          <input type="email" {...text('notificationEmail')} />
        </Field>
      </fieldset>
      {form.refusal !== null && <FailureNotice failure={failureOf(form.refusal)} alert />}
      {readOnly ? (
        <p className="muted">Only administrators change these.</p>
      ) : (
        <div className="acts">
          <Button type="submit" kind="primary" busy={form.busy}>
            Save workspace
          </Button>
          <FieldsToFix ids={Object.keys(errors)} />
        </div>
      )}
    </form>
  );
}
