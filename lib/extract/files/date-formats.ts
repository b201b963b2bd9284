/** Ways of writing dates that are looked for; years come with four digits, so that no century is guessed. */
const DATES = ['DD.MM.YYYY', 'DD/MM/YYYY', 'MM/DD/YYYY', 'DD-MM-YYYY', 'MM-DD-YYYY', 'YYYY/MM/DD', 'YYYY.MM.DD'];
const TIMES = ['', ' HH:mm', ' HH:mm:ss'];
const CANDIDATES = DATES.flatMap((date) => TIMES.map((time) => date + time));

const PARTS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>0?[1-9]|1[0-2])',
  DD: '(?<day>0?[1-9]|[12]\\d|3[01])',
  HH: '(?<hour>[01]?\\d|2[0-3])',
  mm: '(?<minute>[0-5]\\d)',
  ss: '(?<second>[0-5]\\d)',
};

/**
 * The one way in which all of the texts are dates; null if there is none, or if several fit: whether 03/04/2026 is in March or in April
 * has to be said by somebody who knows.
 */
export function detectDateFormat(texts: readonly string[]): string | null {
  if (texts.length === 0) return null;
  const fitting = CANDIDATES.filter((format) => texts.every((text) => toIso(text, format) !== null));
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

/** `25.11.2026` as `2026-11-25`, with the time where the format has one; null if the text is not written so. */
export function toIso(text: string, format: string): string | null {
  const groups = patternOf(format).exec(text)?.groups;
  if (!groups) return null;
  const { year = '', month = '', day = '', hour, minute = '0', second = '0' } = groups;
  const two = (digits: string) => digits.padStart(2, '0');
  const date = `${year}-${two(month)}-${two(day)}`;
  const at = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(at.getTime()) || at.getUTCDate() !== Number(day)) return null;
  return hour === undefined ? date : `${date}T${two(hour)}:${two(minute)}:${two(second)}`;
}

/** What a column of such texts is in JSON schema. */
export function schemaOfDates(format: string): Record<string, string> {
  return format.includes('HH')
    ? { format: 'date-time', airbyte_type: 'timestamp_without_timezone', weir_date_format: format }
    : { format: 'date', weir_date_format: format };
}

const patterns = new Map<string, RegExp>();

function patternOf(format: string): RegExp {
  const known = patterns.get(format);
  if (known) return known;
  const escaped = format.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const pattern = new RegExp(`^${escaped.replace(/YYYY|MM|DD|HH|mm|ss/g, (part) => PARTS[part] ?? part)}$`);
  patterns.set(format, pattern);
  return pattern;
}
