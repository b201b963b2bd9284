import { type GenericOAuthConfig, genericOAuth } from 'better-auth/plugins/generic-oauth';
import type { Db } from '#lib/db/connect.ts';
import type { OidcSettings } from '#lib/env.ts';
import { audit, auditSignIn } from './audit.ts';
import { openInvitations, takeInvitation } from './invitations.ts';

/** The provider's name in accounts and in the address that it sends people back to. */
export const OIDC = 'oidc';

/** What better-auth needs to let people in by an OpenID Connect provider. */
export function oidcPlugin({ issuer, clientId, clientSecret }: OidcSettings) {
  const provider: GenericOAuthConfig<typeof OIDC> = {
    providerId: OIDC,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    requireIdTokenVerification: true,
    clientId,
    clientSecret,
    scopes: ['openid', 'email', 'profile'],
    pkce: true,
  };
  return genericOAuth({ config: [provider] });
}

interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
}

/**
 * Who comes in by the provider: members whose address the provider vouches for, invited people, and, where the operator says so,
 * everybody that the provider knows. Nothing of the provider's tokens is kept.
 */
export function oidcHooks(db: Db, settings: OidcSettings, addressHeader: string) {
  const isVouched = ({ emailVerified }: { emailVerified: boolean }) => emailVerified || settings.trustEmail;
  return {
    user: {
      create: {
        before: async (user: Omit<NewUser, 'id'>) => {
          if (!isVouched(user)) return false;
          const invited = (await openInvitations(db, user.email)).length > 0;
          return invited || settings.join !== 'invited' ? { data: user } : false;
        },
        after: (user: NewUser) => joinWorkspaces(db, settings, user),
      },
    },
    account: {
      create: {
        before: async (account: object) => ({
          data: { ...account, accessToken: null, refreshToken: null, idToken: null },
        }),
      },
    },
    session: {
      create: {
        after: async (
          { userId }: { userId: string },
          call: { path?: string; headers?: Headers | undefined } | null,
        ) => {
          if (!call?.path?.startsWith('/callback')) return;
          const user = await db.selectFrom('user').select('email').where('id', '=', userId).executeTakeFirst();
          const address = call.headers?.get(addressHeader) ?? 'unknown';
          if (user) await auditSignIn({ db }, { email: user.email, ok: true, address });
        },
      },
    },
  };
}

/** Of a new user: every workspace that invited them, else the installation's first with the role of the settings. */
async function joinWorkspaces(db: Db, { join }: OidcSettings, { id, email }: NewUser): Promise<void> {
  const invitations = await openInvitations(db, email);
  for (const invitation of invitations) await takeInvitation(db, invitation, { id, email });
  if (invitations.length > 0 || join === 'invited') return;
  const first = await db.selectFrom('workspace').select('id').orderBy('created_at').limit(1).executeTakeFirst();
  if (!first) return;
  const workspaceId = first.id;
  await db.insertInto('membership').values({ workspace_id: workspaceId, user_id: id, role: join }).execute();
  await audit({ db }, { workspaceId, actor: email, action: 'member.join', subject: `member:${id}` });
}
