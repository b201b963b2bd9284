import type { IncomingHttpHeaders } from 'node:http';
import type { Reach } from '#lib/access/request-origin.ts';

const ONE_YEAR = 'max-age=31536000';

/**
 * The value of `Strict-Transport-Security` where people reach us over TLS, by the address that the operator named or by what a
 * trusted proxy says; null elsewhere. Sent over plain HTTP by mistake, browsers would ignore it (RFC 6797, 8.1).
 */
export function strictTransport({ publicUrl, trustProxy }: Reach, headers: IncomingHttpHeaders): string | null {
  if (publicUrl?.startsWith('https:')) return ONE_YEAR;
  return trustProxy && headers['x-forwarded-proto'] === 'https' ? ONE_YEAR : null;
}
