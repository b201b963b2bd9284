import type { Env } from '#lib/env.ts';

/** Where serve answers the demo API, for requests from this machine. */
export function demoBaseUrl({ host, port }: Pick<Env, 'host' | 'port'>): string {
  const reached = ['0.0.0.0', '::', ''].includes(host) ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}/demo`;
}
