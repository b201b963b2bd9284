'use client';

import { useQueryClient } from '@tanstack/react-query';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { joinLink } from './join-link.ts';
import { useForm } from './use-form.ts';

const FORM = 'invite-form';

/** The roles, with what each adds to the one before. */
export const ROLES = [
  { value: 'viewer', label: 'Viewer: sees everything but secrets' },
  { value: 'editor', label: 'Editor: also changes and runs' },
  { value: 'admin', label: 'Administrator: also people, keys, network' },
] as const;

/** Makes a link for an address; `onMade` is given it, this once. */
export function InviteDialog({ onClose, onMade }: { onClose: () => void; onMade: (link: string) => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initial: { email: '', role: 'viewer' },
    check: ({ email }) => (email.trim() ? ({} as Record<string, string>) : { email: 'Enter a mail address.' }),
    send: async (input) => {
      const { token } = await api.post<{ token: string }>('/invitations', input);
      await queries.invalidateQueries({ queryKey: ['invitations'] });
      onClose();
      onMade(joinLink(token));
    },
  });
  const { values, errors, set } = form;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Invite somebody"
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" form={FORM} kind="primary" busy={form.busy}>
            Make link
          </Button>
        </>
      }
    >
      <form id={FORM} className="fields" onSubmit={form.submit} noValidate>
        <Field id="email" label="Email" error={errors.email} hint="The link is for this address, and holds for a week.">
          <input
            className="input"
            type="email"
            value={values.email}
            onChange={(event) => set({ email: event.target.value })}
            {...fieldControl('email', errors.email, true)}
          />
        </Field>
        <Field id="role" label="Role" error={errors.role}>
          <select
            className="input"
            value={values.role}
            onChange={(event) => set({ role: event.target.value })}
            {...fieldControl('role', errors.role)}
          >
            {ROLES.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        {form.refusal !== null && <FailureNotice failure={failureOf(form.refusal)} alert />}
      </form>
    </Dialog>
  );
}
