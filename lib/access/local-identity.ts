import { isIP } from 'node:net';
import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import type { Identity } from './identify.ts';

/** Set by whatever stands between: then the peer of the socket is not who asks. */
const FORWARDING_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/** Whether a listener at this address can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name === '::1' || name === '::ffff:127.0.0.1') return true;
  return isIP(name.replace(/^::ffff:/, '')) === 4 && name.replace(/^::ffff:/, '').startsWith('127.');
}

/**
 * With `WEIR_API_AUTH=off`, a program on this machine needs no credentials: the peer is this machine, nothing stands
 * between, and the request names this machine as its host, which no web page can make it do under another name.
 */
export function isFromThisMachine(headers: Headers, url: string, peer: string | undefined): boolean {
  const host = headers.get('host') ?? new URL(url).host;
  const site = headers.get('sec-fetch-site');
  return (
    peer !== undefined &&
    isLoopback(peer) &&
    URL.canParse(`http://${host}`) &&
    isLoopback(new URL(`http://${host}`).hostname) &&
    (site === null || site === 'same-origin' || site === 'none') &&
    FORWARDING_HEADERS.every((name) => !headers.has(name))
  );
}

/** Whoever sits at this machine, in the installation's first workspace. */
export async function localIdentity({ db }: { db: Db }): Promise<Identity> {
  const workspace = await db.selectFrom('workspace').select('id').orderBy('created_at').limit(1).executeTakeFirst();
  if (!workspace) throw notSetUp();
  return {
    userId: null,
    name: 'This machine',
    email: '',
    workspaceId: workspace.id,
    role: 'admin',
    actor: 'this machine, without credentials',
  };
}

function notSetUp(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_signed_in',
    message: 'Weir has not been set up yet.',
    hint: 'Open its address in a browser and make the administrator and the workspace.',
  });
}
