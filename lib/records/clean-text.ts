/** What neither Postgres nor Parquet can hold: U+0000 and halves of surrogate pairs. */
const REPLACEMENT = '\ufffd';

/** The same string when there is nothing to replace, so that `===` tells whether something was. */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\u0000') ? whole.replaceAll('\u0000', REPLACEMENT) : whole;
}

const ESCAPED = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g;
const SUSPECT = /\\u(?:0000|d[89a-f])/;

/** The same for JSON text as `JSON.stringify` writes it: there, both appear as escapes only. */
export function cleanJsonText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(ESCAPED, (found) => (found.length > 2 ? '\\ufffd' : found));
}

const ESCAPED_REPLACEMENT = /(?:^|[^\\])(?:\\\\)*\\ufffd/;

/** Whether `cleanJsonText` replaced something: JSON.stringify never writes U+FFFD as an escape. */
export function wasCleaned(json: string): boolean {
  return json.includes('\\ufffd') && ESCAPED_REPLACEMENT.test(json);
}
