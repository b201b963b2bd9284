import { createHmac, timingSafeEqual } from 'node:crypto';

/** Airbyte's own; its clients ask for the next one in time. */
export const TOKEN_LIFE_S = 900;

const PREFIX = 'weir_at_';

interface TokenContext {
  readonly authSecret: string;
  readonly clock: () => Date;
}

/** A bearer token of an application: its id and an end, signed. Nothing is stored. */
export function issueToken({ authSecret, clock }: TokenContext, applicationId: string): string {
  const expires = Math.floor(clock().getTime() / 1000) + TOKEN_LIFE_S;
  const body = Buffer.from(JSON.stringify([applicationId, expires])).toString('base64url');
  return `${PREFIX}${body}.${sign(authSecret, body)}`;
}

export function isToken(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** The application that a token was issued to; null when it is not ours or has ended. */
export function readToken({ authSecret, clock }: TokenContext, token: string): string | null {
  const [body = '', signature = ''] = token.slice(PREFIX.length).split('.');
  const expected = Buffer.from(sign(authSecret, body));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const [applicationId, expires] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [string, number];
  return expires * 1000 > clock().getTime() ? applicationId : null;
}

function sign(secret: string, body: string): string {
  return createHmac('sha256', secret).update(`access token ${body}`).digest('base64url');
}
