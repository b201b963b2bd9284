import { defineKind } from '#lib/manifest/kind.ts';
import type { Transformation } from '../families.ts';
import { renameKeys } from './rename-keys.ts';

/** Words of a key: capitals with what follows, small letters, digits, letters without capitals; the rest only parts them. */
const TOKENS = /[A-Z]+[a-z]*|[a-z]+|\d+|\p{L}+|[^a-zA-Z\d\p{L}]+/gu;
const WORD = /^[a-zA-Z\d\p{L}]/u;
/** Latin letters that are no letter with an accent. */
const LATIN: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', đ: 'd', Đ: 'D' },
  ...{ ð: 'd', Ð: 'D', ł: 'l', Ł: 'L', þ: 'th', Þ: 'TH', ı: 'i' },
};

export const keysToSnakeCase = defineKind<Transformation>({
  name: 'KeysToSnakeCase',
  family: 'transformation',
  docs: 'Writes all keys in snake_case, those of objects in objects too.',
  example: 'type: KeysToSnakeCase\n',
  fields: {},
  create: () => ({ transform: (record) => renameKeys(record, snakeCase) }),
});

function snakeCase(key: string): string {
  const tokens = (ascii(key).match(TOKENS) ?? []).map((token) => (WORD.test(token) ? token.toLowerCase() : ''));
  // What parts words in the middle leaves nothing; at the ends it leaves an underscore.
  const kept = tokens.filter((token, index) => token !== '' || index === 0 || index === tokens.length - 1);
  return (/^\d/.test(kept[0] ?? '') ? ['', ...kept] : kept).join('_');
}

function ascii(key: string): string {
  const plain = key.replace(/\P{ASCII}/gu, (letter) => LATIN[letter] ?? letter);
  return plain.normalize('NFKD').replace(/\p{M}/gu, '');
}
