import { expect, test } from 'vitest';
import { createEnvReferences, referencesIn } from './env-references.ts';

const variables = {
  SHOP_TOKEN: 't0ken',
  SHOP_EMPTY: '',
  STRIPE: 'sk',
  WEIR_SECRET_KEY: 'k',
  DATABASE_URL: 'postgres://',
};
const { refusal, resolve } = createEnvReferences(['SHOP_*', 'STRIPE'], variables);

test('references give what the environment holds, alone or within a text', () => {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: this is what users write
  expect(resolve('${env:SHOP_TOKEN}')).toBe('t0ken');
  expect(resolve('Bearer ${env:SHOP_TOKEN}/${env:STRIPE}')).toBe('Bearer t0ken/sk');
  expect(resolve('$SHOP_TOKEN ${SHOP_TOKEN}')).toBe('$SHOP_TOKEN ${SHOP_TOKEN}');
  expect(referencesIn('a ${env:SHOP_TOKEN} b ${env:X}')).toEqual(['SHOP_TOKEN', 'X']);
  // What a variable holds is no reference itself.
  expect(createEnvReferences(['A'], { A: '${env:B}', B: 'b' }).resolve('${env:A}')).toBe('${env:B}');
  expect(() => resolve('${env:SHOP_EMPTY}')).toThrow(/SHOP_EMPTY, which a config refers to, is not set/);
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: this is what users write
});

test('nothing but what the operator named is given, and Weir’s own settings never', () => {
  for (const name of ['STRIPE_KEY', 'PATH', 'shop_token', '', 'SHOP_TOKEN ', 'SHOP_"'])
    expect([name, refusal(name)]).toEqual([name, expect.stringContaining('is not a variable that the operator lets')]);
  const all = createEnvReferences(['*', 'WEIR_*', 'DATABASE_URL'], variables);
  for (const name of ['WEIR_SECRET_KEY', 'DATABASE_URL', 'PGPASSWORD']) {
    expect(all.refusal(name)).not.toBeNull();
    expect(() => all.resolve(`\${env:${name}}`)).toThrow(/not a variable/);
  }
  expect(all.refusal('PATH')).toBeNull();
});
