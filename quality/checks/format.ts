import { rowLevel } from './row-level.ts';

const BYTE = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = `(${BYTE}[.]){3}${BYTE}`;

/**
 * Each format as a regular expression that Postgres and RE2 read alike. They tell what can't be one, not whether it exists:
 * the 30th of February passes as a date.
 */
const FORMATS: Readonly<Record<string, { readonly words: string; readonly pattern: string }>> = {
  email: { words: 'an email address', pattern: '^[^@[:space:]]+@[^@[:space:].]+([.][^@[:space:].]+)+$' },
  url: { words: 'an http address', pattern: '^https?://[^/[:space:]?#]+[^[:space:]]*$' },
  uuid: { words: 'a UUID', pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' },
  ipv4: {
    words: 'an IPv4 address',
    pattern: `^${IPV4}$`,
  },
  ipv6: {
    words: 'an IPv6 address',
    pattern: ipv6Pattern(),
  },
  date: { words: 'an ISO date', pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' },
  time: { words: 'a time of day', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?$' },
  date_time: {
    words: 'an ISO date and time',
    pattern:
      '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$',
  },
  phone: { words: 'a phone number', pattern: '^[+]?[0-9][0-9 ()./-]{5,20}$' },
  country_code: { words: 'a two-letter country code', pattern: '^[A-Z]{2}$' },
  currency_code: { words: 'a three-letter currency code', pattern: '^[A-Z]{3}$' },
  integer: { words: 'a whole number', pattern: '^[+-]?[0-9]+$' },
  number: { words: 'a number', pattern: '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$' },
  hex_colour: { words: 'a hex colour', pattern: '^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$' },
  slug: { words: 'a slug', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' },
  iban: { words: 'an IBAN', pattern: '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$' },
};

/** Eight groups, of which one run of any length may be left out; the last two may be an IPv4 address after `::ffff:`. */
function ipv6Pattern(): string {
  const group = '[0-9a-fA-F]{1,4}';
  const split = [1, 2, 3, 4, 5, 6].map((left) => `(${group}:){1,${left}}(:${group}){1,${7 - left}}`);
  const ends = [`(${group}:){7}${group}`, `(${group}:){1,7}:`, `:((:${group}){1,7}|:)`, `::([fF]{4}:)?${IPV4}`];
  return `^(${[...ends, ...split].join('|')})$`;
}

/** The regular expression of a format. */
export function formatPattern(name: string): string {
  return FORMATS[name]?.pattern ?? '';
}

/** Text in one of the formats that everybody needs. */
export const format = rowLevel({
  name: 'format',
  docs: `Each value of \`column\`, as text, has the form of \`format\`: ${Object.keys(FORMATS).join(', ')}.`,
  example: 'format: [{column: email, format: email}]',
  properties: { format: { enum: Object.keys(FORMATS), description: 'The form that values must have.' } },
  required: ['column', 'format'],
  subject: ({ column, format }) => `${column} as ${format}`,
  test: ({ column, format }) => ({
    ask: 'not_matching',
    column: String(column),
    pattern: formatPattern(String(format)),
  }),
  wrong: ({ format }) => `is not ${FORMATS[String(format)]?.words}`,
});
