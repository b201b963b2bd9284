/** Airbyte's modes of AES and the paddings that make sense with them; ECB, which shows what is equal, can't be used there either. */
export const AES_PADDINGS: Readonly<Record<string, readonly string[]>> = {
  CBC: ['PKCS5Padding', 'NoPadding'],
  CFB: ['PKCS5Padding', 'NoPadding'],
  OFB: ['PKCS5Padding', 'NoPadding'],
  CTR: ['NoPadding'],
  GCM: ['NoPadding'],
};

/** Bytes of the longest key that AES takes. */
export const AES_KEY_BYTES = 32;
