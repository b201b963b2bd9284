import { type JsonValue, parseJson } from '#lib/json.ts';
import { attribute, cellText, elements, textOf, unescaped, valueIn } from './workbook-xml.ts';

const DAY_MS = 24 * 3_600_000;
const DAY_S = 24 * 3_600;
/** Day 0 of both of Excel's calendars. */
const EPOCH_1900 = Date.UTC(1899, 11, 30);
const EPOCH_1904 = Date.UTC(1904, 0, 1);
/** That of 1900 counts as its day 60 a 29 February that never was: what comes before is a day later than it seems. */
const NEVER_WAS = 60;
/** Number formats of Excel's own that show dates, times, or both. */
const OWN_FORMATS: Readonly<Record<number, Shown>> = {
  ...{ 14: 'date', 15: 'date', 16: 'date', 17: 'date', 22: 'both' },
  ...{ 18: 'time', 19: 'time', 20: 'time', 21: 'time', 45: 'time', 46: 'elapsed', 47: 'time' },
};
/** Those of Excel in Chinese, Japanese and Korean. Some show a date in one of them, and a time in another: what the cell holds tells. */
const EAST_ASIAN_FORMATS: Readonly<Record<number, Shown>> = {
  ...{ 27: 'date', 28: 'date', 29: 'date', 30: 'date', 31: 'date', 36: 'date' },
  ...{ 50: 'date', 51: 'date', 52: 'date', 53: 'date', 54: 'date', 57: 'date', 58: 'date' },
  ...{ 32: 'time', 33: 'time', 34: 'time', 35: 'time', 55: 'time', 56: 'time' },
};
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;

/** What a cell's format shows of its day; time that has passed may be more than one. */
type Shown = 'date' | 'time' | 'both' | 'elapsed';

/** What cells refer to. */
export interface CellFacts {
  readonly strings: readonly string[];
  /** By cell style. */
  readonly shown: readonly (Shown | null)[];
  readonly epoch: number;
}

export function cellFacts(parts: { workbook: string; strings: string; styles: string }): CellFacts {
  const [properties] = elements(parts.workbook, 'workbookPr');
  const is1904 = ['1', 'true'].includes(attribute(properties?.tag ?? '', 'date1904'));
  return {
    strings: elements(parts.strings, 'si').map(({ inner }) => textOf(inner)),
    shown: dateStyles(parts.styles),
    epoch: is1904 ? EPOCH_1904 : EPOCH_1900,
  };
}

/** @returns undefined for a text that the workbook does not hold */
export function cellValue(tag: string, inner: string, { strings, shown, epoch }: CellFacts): JsonValue | undefined {
  const type = attribute(tag, 't');
  if (type === 'inlineStr') return textOf(inner);
  const text = valueIn(inner);
  if (text === undefined || text === '') return null;
  if (type === 's') return strings[Number(text)];
  if (type === 'b') return text === '1' || text === 'true';
  if (type === 'str' || type === 'e' || type === 'd') return cellText(text);
  const number = Number(text);
  if (Number.isNaN(number)) return unescaped(text);
  const shows = shown[Number(attribute(tag, 's') || 0)] ?? null;
  if (shows !== null) return dateOf(number, epoch, shows);
  return LONG_INTEGER.test(text) ? parseJson(text) : number;
}

/** A formula without a value: programs that only write workbooks leave it to Excel to work them out. */
export function isUnworked(tag: string, inner: string): boolean {
  return attribute(tag, 't') === '' && /<(?:\w+:)?f\b/.test(inner) && !valueIn(inner);
}

/** As much as the format shows, and no less than there is; times to the second. */
function dateOf(days: number, epoch: number, shows: Shown): string {
  if (shows === 'elapsed') return elapsed(Math.round(days * DAY_S));
  const isEarly = epoch === EPOCH_1900 && days >= 1 && days < NEVER_WAS;
  const at = new Date(Math.round((epoch + (isEarly ? days + 1 : days) * DAY_MS) / 1000) * 1000);
  const iso = Number.isNaN(at.getTime()) ? '' : at.toISOString();
  if (shows === 'time' && days >= 0 && days < 1) return iso.slice(11, 19);
  return shows === 'date' && Number.isInteger(days) ? iso.slice(0, 10) : iso.slice(0, 19);
}

/** `26:30:00` for a day and two and a half hours. */
function elapsed(seconds: number): string {
  const all = Math.abs(seconds);
  const parts = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${seconds < 0 ? '-' : ''}${parts.join(':')}`;
}

/** For each cell style what its number format shows of a date. */
function dateStyles(styles: string): (Shown | null)[] {
  // Those of conditional formats have numbers of their own.
  const [formats] = elements(styles, 'numFmts');
  const custom = new Map(
    elements(formats?.inner ?? '', 'numFmt').map(({ tag }) => [
      Number(attribute(tag, 'numFmtId')),
      unescaped(attribute(tag, 'formatCode')),
    ]),
  );
  const [cellFormats] = elements(styles, 'cellXfs');
  return elements(cellFormats?.inner ?? '', 'xf').map(({ tag }) => {
    const id = Number(attribute(tag, 'numFmtId'));
    // Texts, signs as they are, and those that only say how wide a gap is, or what fills it.
    const own = OWN_FORMATS[id] ?? (custom.has(id) ? undefined : EAST_ASIAN_FORMATS[id]);
    const code = (custom.get(id) ?? '').replace(/"[^"]*"|[\\_*]./g, '');
    return own ?? shownBy(code.replace(/General/i, ''));
  });
}

/** `m` is a month, beside hours or seconds a minute; brackets hold time that has passed, or colours and places. */
function shownBy(code: string): Shown | null {
  if (/\[(h+|m+|s+)\]/i.test(code)) return 'elapsed';
  const plain = code.replace(/\[[^\]]*\]/g, '');
  const hasTime = /[hs]/i.test(plain);
  if (/[dy]/i.test(plain)) return hasTime ? 'both' : 'date';
  if (hasTime) return 'time';
  return /m/i.test(plain) ? 'date' : null;
}
