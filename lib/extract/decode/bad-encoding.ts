import { WeirError, type Where } from '#lib/errors.ts';

/** Bytes that claim to be UTF-8 and are not, with the place of the first that does not fit. */
export function badEncoding(raw: Uint8Array, where: Where = {}): WeirError {
  const readable = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw));
  const at = raw.findIndex((byte, index) => byte !== readable[index]);
  return new WeirError({
    kind: 'transient',
    code: 'bad_encoding',
    message: `The answer is not UTF-8, from byte ${at} on.`,
    hint: 'If the API always answers so, give its decoder an encoding, such as iso-8859-1.',
    where,
  });
}
