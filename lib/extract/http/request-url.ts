import { WeirError } from '#lib/errors.ts';

const MAX_URL_LENGTH = 64 * 1024;

/**
 * The one parse of a URL that everything after it uses: guard, connection and request line.
 * @throws WeirError `bad_url`
 */
export function parseHttpUrl(text: string): URL {
  const url = URL.canParse(text) && text.length <= MAX_URL_LENGTH ? new URL(text) : null;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '') return url;
  const plain = text.replace(/[?#].*$/s, '');
  const shown = plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
  throw new WeirError({
    kind: 'config',
    code: 'bad_url',
    message: `"${shown.replace(/\/\/[^/@]*@/, '//…@')}" is no address that can be requested.`,
    hint: 'Give a whole URL that starts with https:// or http://.',
  });
}

/** Parameters may hold keys and tokens. */
export function withoutQuery(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? parsed.origin + parsed.pathname : url.replace(/[?#].*$/s, '');
}
