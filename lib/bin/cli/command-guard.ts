import { createGuard, type Guard } from '#lib/address-guard.ts';
import { readEnv } from '#lib/env.ts';

/** Whoever runs a command could reach every address anyway: none is refused. The operator's proxies are taken as by the service. */
export function commandGuard(): Guard {
  return createGuard({ allowed: 'any', proxies: readEnv(process.env, process.cwd()).env.proxies });
}
