'use client';

import { failureOf, sendAuth } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { useForm } from './use-form.ts';

const LEAST = 12;

/** Signs out every other session. */
export function PasswordForm({ email }: { email: string }) {
  const say = useSay();
  const form = useForm({
    initial: { currentPassword: '', newPassword: '' },
    check: ({ currentPassword, newPassword }) => {
      const errors: Record<string, string> = {};
      if (!currentPassword) errors.currentPassword = 'Give the password you have now.';
      if (newPassword.length < LEAST) errors.newPassword = `At least ${LEAST} characters are wanted.`;
      return errors;
    },
    send: async (values) => {
      await sendAuth('/change-password', { ...values, revokeOtherSessions: true });
      say.done('The password is changed. Other sessions are signed out.');
      form.reset();
    },
  });
  const { values, errors, set } = form;
  return (
    <form className="fields" onSubmit={form.submit} noValidate>
      <input type="hidden" autoComplete="username" value={email} readOnly />
      <Field id="currentPassword" label="Password now" error={errors.currentPassword}>
        <input
          className="input"
          type="password"
          autoComplete="current-password"
          value={values.currentPassword}
          onChange={(event) => set({ currentPassword: event.target.value })}
          {...fieldControl('currentPassword', errors.currentPassword)}
        />
      </Field>
      <Field
        id="newPassword"
        label="New password"
        error={errors.newPassword}
        hint={`${LEAST} characters are the minimum.`}
      >
        <input
          className="input"
          type="password"
          autoComplete="new-password"
          value={values.newPassword}
          onChange={(event) => set({ newPassword: event.target.value })}
          {...fieldControl('newPassword', errors.newPassword, true)}
        />
      </Field>
      {form.refusal !== null && <FailureNotice failure={failureOf(form.refusal)} alert />}
      <div>
        <Button type="submit" busy={form.busy}>
          Change password
        </Button>
      </div>
    </form>
  );
}
