import { detectDateFormat } from './date-formats.ts';
import { isIsoDate } from './infer-schema.ts';
import { textTypeOf } from './text-values.ts';

/** What programs write where a value is missing. */
const NULL_WORDS = new Set([
  ...['NULL', 'Null', 'null', 'NA', 'N/A', 'n/a', 'NaN', 'nan', 'None', 'none', 'nil', '\\N', '-', '--', '?', '#N/A'],
]);

/** Those of them that keep a column of numbers, truths or dates from being one. In a column of words they are words. */
export function detectNullWords(texts: readonly string[]): string[] {
  const found = [...new Set(texts.filter((text) => NULL_WORDS.has(text)))];
  if (found.length === 0) return [];
  const rest = texts.filter((text) => !NULL_WORDS.has(text));
  return rest.length > 0 && isTyped(rest) ? found : [];
}

/** Are these all numbers, truths or dates? */
export function isTyped(texts: readonly string[]): boolean {
  const type = textTypeOf(texts);
  return (type !== null && type !== 'string') || detectDateFormat(texts) !== null || texts.every(isIsoDate);
}
