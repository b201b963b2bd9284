import { expect, test } from 'vitest';
import { shownRow } from './shown-row.ts';

const NOBODY_SAID = { personal: [], plain: [] };

test.each([
  ...['email', 'e_mail', 'workEmail', 'phone', 'last_name', 'zip', 'card', 'api_token'],
  ...['emails', 'contactEmails', 'phone_numbers', 'phones', 'addresses', 'billing_addresses', 'ibans'],
])('%s is masked, also inside JSON', (name) => {
  expect(shownRow({ [name]: 'x', about: { [name]: ['x'] } }, NOBODY_SAID)).toEqual({
    [name]: '••••',
    about: JSON.stringify({ [name]: '••••' }),
  });
});

test.each(['id', 'zipped', 'total_tokens', 'script', 'discards', 'streetwear'])('%s is shown', (name) => {
  expect(shownRow({ [name]: 'x' }, NOBODY_SAID)).toEqual({ [name]: 'x' });
});
