import type { Metadata } from 'next';
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { identify } from '#lib/access/identify.ts';
import { needsSetUp } from '#lib/access/set-up.ts';
import { getContext } from '#lib/context.ts';
import { SignInForm } from './sign-in-form.tsx';

export const metadata: Metadata = { title: 'Sign in' };

export default async function SignInPage() {
  const context = getContext();
  if (await needsSetUp(context)) redirect('/setup');
  if (await identify(context, new Headers(await headers()))) redirect('/');
  return (
    <main className="narrow" id="main">
      <h1>Sign in</h1>
      <SignInForm />
    </main>
  );
}
