'use client';

import { type FormEvent, useState } from 'react';
import { failureOf, sendAuth } from '../../_components/api.ts';
import { Button } from '../../_components/button.tsx';
import { Field, fieldControl } from '../../_components/field.tsx';
import { FailureNotice } from '../../_components/notice.tsx';
import { useHydrated } from '../../_components/use-hydrated.ts';

export function SignInForm() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isReady = useHydrated();
  const signIn = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await sendAuth('/sign-in/email', { email: data.get('email'), password: data.get('password') });
      // A whole load, so that nothing drawn for the visitor before stays.
      location.assign('/');
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={signIn} method="post">
      {error !== null && <FailureNotice failure={failureOf(error)} alert />}
      <Field id="email" label="Email">
        <input
          className="input"
          name="email"
          type="email"
          autoComplete="username"
          required
          {...fieldControl('email')}
        />
      </Field>
      <Field id="password" label="Password">
        <input
          className="input"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          {...fieldControl('password')}
        />
      </Field>
      <Button type="submit" kind="primary" size="lg" busy={busy} disabled={!isReady}>
        Sign in
      </Button>
    </form>
  );
}
