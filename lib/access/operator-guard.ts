import { createGuard, type Guard, type GuardOptions } from '#lib/address-guard.ts';
import type { Env } from '#lib/env.ts';

/**
 * The guard for what belongs to no workspace: the sign-in's provider. Its host and port are allowed, as the operator named them; what its
 * document names besides, and where it redirects to, has to be on the public internet.
 */
export function operatorGuard(
  { oidc, proxies }: Pick<Env, 'oidc' | 'proxies'>,
  options: Pick<GuardOptions, 'lookup'> = {},
): Guard {
  return createGuard({ allowed: oidc ? [hostAndPort(oidc.issuer)] : [], proxies, ...options });
}

function hostAndPort(address: string) {
  const { protocol, hostname, port } = new URL(address);
  return { host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}
