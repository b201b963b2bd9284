'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice, Notice } from '../../../_components/notice.tsx';
import { useForm } from './use-form.ts';

const FORM = 'api-key-form';
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

/** Makes a key and shows it, this once. */
export function ApiKeyDialog({ onClose }: { onClose: () => void }) {
  const [secret, setSecret] = useState<string | null>(null);
  return secret === null ? (
    <MakeKey onClose={onClose} onMade={setSecret} />
  ) : (
    <ShowKey secret={secret} onClose={onClose} />
  );
}

function MakeKey({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initial: { name: '', role: 'editor', expiresInDays: '365' },
    check: ({ name }): Record<string, string> => (name.trim() ? {} : { name: 'Give the key a name.' }),
    send: async ({ name, role, expiresInDays }) => {
      const days = expiresInDays === '' ? null : Number(expiresInDays);
      const { secret } = await api.post<{ secret: string }>('/api-keys', { name, role, expiresInDays: days });
      await queries.invalidateQueries({ queryKey: ['api-keys'] });
      onMade(secret);
    },
  });
  const { values, errors, set } = form;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="New API key"
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" form={FORM} kind="primary" busy={form.busy}>
            Make key
          </Button>
        </>
      }
    >
      <form id={FORM} className="fields" onSubmit={form.submit} noValidate>
        <Field id="key-name" label="Name" error={errors.name} hint="What uses it, such as Airflow.">
          <input
            className="input"
            value={values.name}
            onChange={(event) => set({ name: event.target.value })}
            {...fieldControl('key-name', errors.name, true)}
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
    </Dialog>
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

function ShowKey({ secret, onClose }: { secret: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(secret);
    setCopied(true);
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="The new key"
      footer={
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Notice state="warn" title="This is shown once.">
        Weir keeps only a hash of it. Put it where the program finds it.
      </Notice>
      <div className="masked">
        <input
          className="input mono"
          readOnly
          value={secret}
          aria-label="API key"
          onFocus={(event) => event.target.select()}
        />
        <Button icon={copied ? 'check' : 'copy'} onClick={copy}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
    </Dialog>
  );
}
