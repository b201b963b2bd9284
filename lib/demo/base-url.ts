import type { Env } from '#lib/env.ts';

/** Where serve answers the demo API, for this machine's requests, or for those of workers elsewhere if the operator says how they get there. */
export function demoBaseUrl({ host, port, demoUrl }: Pick<Env, 'host' | 'port' | 'demoUrl'>): string {
  if (demoUrl !== null) return demoUrl;
  const reached = ['0.0.0.0', '::', ''].includes(host) ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}/demo`;
}
