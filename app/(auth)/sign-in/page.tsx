import type { Metadata } from 'next';
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { identify } from '#lib/access/identify.ts';
import { needsSetUp } from '#lib/access/set-up.ts';
import { getContext } from '#lib/context.ts';
import { Notice } from '../../_components/notice.tsx';
import { SignInForm } from './sign-in-form.tsx';

export const metadata: Metadata = { title: 'Sign in' };

const REFUSALS: Readonly<Record<string, string>> = {
  access_denied: 'The provider did not let you in.',
  account_not_linked: 'The provider does not vouch for the address of your account. Ask an administrator.',
  unable_to_create_user: 'There is no account for you here yet. Ask an administrator for an invitation.',
  provider_unreachable: 'The provider did not answer. Try again, or sign in with your password.',
};

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ error?: string | string[] }> }) {
  const context = getContext();
  if (await needsSetUp(context)) redirect('/setup');
  if (await identify(context, new Headers(await headers()))) redirect('/');
  const { error } = await searchParams;
  const { oidc } = context.env;
  return (
    <main className="narrow" id="main">
      <h1>Sign in</h1>
      {typeof error === 'string' && (
        <Notice state="fail" title={REFUSALS[error] ?? 'Signing in at the provider did not work. Try again.'} alert />
      )}
      {oidc !== null && (
        <>
          <a className="btn lg" href="/api/auth/sign-in/oidc">
            Sign in with {oidc.name}
          </a>
          <p className="muted">or with a password</p>
        </>
      )}
      <SignInForm />
    </main>
  );
}
