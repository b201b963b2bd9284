import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WeirError } from '#lib/errors.ts';
import { codeChallenge, fillTemplate, templateNames } from './consent-template.ts';

const values = { client_id_key: 'app_id', client_id_value: 'a b', secret: 'x|y}}', state_value: 's' };

test.each([
  ['https://api.example.com/auth?{{client_id_key}}={{ client_id_value }}', 'https://api.example.com/auth?app_id=a b'],
  ['{{ {{client_id_value}} | urlEncoder }}', 'a%20b'],
  ['{{{{client_id_value}} | urlEncoder}}', 'a%20b'],
  ['{{ {{client_id_value}}:{{secret}} | base64Encoder }}', Buffer.from('a b:x|y}}').toString('base64')],
  ['{{ https://x.test/a | urlEncoder }}', 'https%3A%2F%2Fx.test%2Fa'],
  ['{{ {{state_value}} | codeChallengeS256 }}', codeChallenge('s')],
])('%s is filled', (template, expected) => {
  expect(fillTemplate(template, values)).toBe(expected);
});

test('the challenge is the one of RFC 7636, appendix B', () => {
  expect(codeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
});

test('the names are found, whatever is around them', () => {
  expect(templateNames('{{ {{a}}:{{ b }} | base64Encoder }}/{{c}}')).toEqual(['a', 'b', 'c']);
});

test.each(['{{ nobody }}', '{{ {{state_value}} | rot13 }}', '{{ state_value', 'a }} b'])(
  '%s is refused',
  (template) => {
    expect(() => fillTemplate(template, values)).toThrow(expect.objectContaining({ code: 'consent_template' }));
  },
);

test('no text throws anything but its own refusal', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '|',
    ' ',
    'state_value',
    'urlEncoder',
    'urlDecoder',
    'base64Decoder',
    '%',
    'x',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        fillTemplate(pieces.join(''), values);
      } catch (error) {
        expect(error).toBeInstanceOf(WeirError);
      }
    }),
  );
});
