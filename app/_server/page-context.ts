import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';
import { type Identity, identify } from '#lib/access/identify.ts';
import { needsSetUp } from '#lib/access/set-up.ts';
import { type Context, getContext } from '#lib/context.ts';

export interface PageContext {
  readonly context: Context;
  readonly identity: Identity;
  readonly workspaceId: string;
}

/** The service and who is asking. Sends visitors to set-up while there is no user, and to sign-in without a session. */
export const pageContext = cache(async (): Promise<PageContext> => {
  const context = getContext();
  const identity = await identify(context, new Headers(await headers()));
  if (identity) return { context, identity, workspaceId: identity.workspaceId };
  redirect((await needsSetUp(context)) ? '/setup' : '/sign-in');
});
