'use client';

import { type FormEvent, useEffect, useState } from 'react';
import { ApiError, api, failureOf } from '../../_components/api.ts';
import { Button } from '../../_components/button.tsx';
import { Field, fieldControl } from '../../_components/field.tsx';
import { FailureNotice } from '../../_components/notice.tsx';

interface Link {
  readonly token: string;
  readonly kind: 'invite' | 'reset';
  readonly email: string;
  readonly workspaceName: string;
  /** Who is known already shows it by the password, or by being signed in. */
  readonly hasAccount: boolean;
}

/** What a link of an invitation or of a forgotten password opens: it works once. */
export function JoinForm() {
  const [link, setLink] = useState<Link | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);
  useEffect(() => {
    const token = location.hash.slice(1);
    api
      .post<Omit<Link, 'token'>>('/invitations/read', { token })
      .then((read) => setLink({ ...read, token }), setRefusal);
  }, []);
  if (refusal !== null) return <FailureNotice failure={failureOf(refusal)} alert />;
  return link === null ? <p className="muted">Reading the link…</p> : <PasswordOf link={link} />;
}

function PasswordOf({ link: { token, kind, email, workspaceName, hasAccount } }: { link: Link }) {
  const isKnown = kind === 'invite' && hasAccount;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const accept = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await api.post('/invitations/accept', { token, name: data.get('name') ?? '', password: data.get('password') });
      location.assign('/');
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  const issues = error instanceof ApiError ? error.issues : [];
  const issueOf = (path: string) => issues.find((issue) => issue.path === path)?.message;
  return (
    <form onSubmit={accept} method="post" noValidate>
      <p className="muted">
        {kind === 'invite' ? `Join ${workspaceName} as ${email}.` : `A new password for ${email}.`}
      </p>
      {error !== null && !issueOf('name') && !issueOf('password') && <FailureNotice failure={failureOf(error)} alert />}
      <input type="hidden" autoComplete="username" value={email} readOnly />
      {kind === 'invite' && !isKnown && (
        <Field id="name" label="Your name" error={issueOf('name')}>
          <input className="input" name="name" autoComplete="name" {...fieldControl('name', issueOf('name'))} />
        </Field>
      )}
      <Field
        id="password"
        label="Password"
        error={issueOf('password')}
        hint={isKnown ? 'The one that you sign in to Weir with.' : 'At least 12 characters.'}
      >
        <input
          className="input"
          name="password"
          type="password"
          autoComplete={isKnown ? 'current-password' : 'new-password'}
          {...fieldControl('password', issueOf('password'), true)}
        />
      </Field>
      <Button type="submit" kind="primary" size="lg" busy={busy}>
        {kind === 'invite' ? 'Come in' : 'Set password'}
      </Button>
    </form>
  );
}
