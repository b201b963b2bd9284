import type { CellType } from './cell-type.ts';

/** Digits that surely fit a bigint, and numbers whose digits a double surely keeps. */
const MAX_INTEGER_DIGITS = 18;
const MAX_NUMBER_BYTES = 15;
const DATE_BYTES = 10;
/** A byte that differs from it by less than ten in its bits is a digit, and that is which. */
const ZERO = 48;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const COLON = 58;
const SPACE = 32;
const UPPER_T = 84;
const UPPER_Z = 90;
const TRUE = new TextEncoder().encode('true');
const FALSE = new TextEncoder().encode('false');

/** What a column's fields look like, as the number that `plainEnd` takes: comparing words takes longer. */
export const SPELLINGS: readonly CellType[] = [
  'text',
  'integer',
  'number',
  'boolean',
  'date',
  'instant',
  'local',
  'time',
];
export const TEXT = 0;

/** Whether the bytes are the one plain spelling of a value of the type, which all readers read alike. The field is not empty. */
export function checkCell(type: CellType, bytes: Buffer, from: number, to: number): boolean {
  return type === 'text' || plainEnd(SPELLINGS.indexOf(type), bytes, from) === to;
}

/**
 * Where the plain spelling of a value ends that begins at `from`; -1 for none. `spelling` is the place of a type among the spellings, and
 * not that of text. What stands at the end must be looked at: more may follow.
 */
export function plainEnd(spelling: number, bytes: Buffer, from: number): number {
  switch (spelling) {
    case 1:
      return integerEnd(bytes, from);
    case 2:
      return numberEnd(bytes, from);
    case 3:
      return booleanEnd(bytes, from);
    case 4:
      return isDate(bytes, from) ? from + DATE_BYTES : -1;
    case 5:
      return zoneEnd(bytes, dateTimeEnd(bytes, from));
    case 6:
      return dateTimeEnd(bytes, from);
    default:
      return timeEnd(bytes, from);
  }
}

function integerEnd(bytes: Buffer, start: number): number {
  const from = bytes[start] === MINUS ? start + 1 : start;
  const to = digitsEnd(bytes, from);
  const digits = to - from;
  if (digits < 1 || digits > MAX_INTEGER_DIGITS) return -1;
  return bytes[from] !== ZERO || (digits === 1 && from === start) ? to : -1;
}

/** Without exponent, and short enough for a double. */
function numberEnd(bytes: Buffer, start: number): number {
  const from = bytes[start] === MINUS ? start + 1 : start;
  const whole = digitsEnd(bytes, from);
  const digits = whole - from;
  if (digits === 0 || (digits > 1 && bytes[from] === ZERO)) return -1;
  if (bytes[whole] !== POINT) {
    const isZeroWithSign = bytes[from] === ZERO && from !== start;
    return whole - start > MAX_NUMBER_BYTES || isZeroWithSign ? -1 : whole;
  }
  const to = digitsEnd(bytes, whole + 1);
  return to === whole + 1 || to - start > MAX_NUMBER_BYTES ? -1 : to;
}

/** `true` and `false` in any case. */
function booleanEnd(bytes: Buffer, from: number): number {
  if (matches(bytes, from, TRUE)) return from + TRUE.length;
  return matches(bytes, from, FALSE) ? from + FALSE.length : -1;
}

function matches(bytes: Buffer, from: number, word: Uint8Array): boolean {
  for (let at = 0; at < word.length; at++) if (((bytes[from + at] as number) | 32) !== word[at]) return false;
  return true;
}

const SHORTEST_MONTH = 28;
const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `2026-11-25`, a day that there is. */
function isDate(bytes: Buffer, from: number): boolean {
  if (bytes[from + 4] !== MINUS || bytes[from + 7] !== MINUS) return false;
  const century = twoDigits(bytes, from);
  const inCentury = twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  if (century < 0 || inCentury < 0 || month < 1 || month > 12 || day < 1) return false;
  const year = century * 100 + inCentury;
  if (day <= SHORTEST_MONTH) return year > 0;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return year > 0 && day <= (month === 2 && isLeap ? 29 : (DAYS[month] as number));
}

/** `2026-11-25T10:00:00.5`, or a blank instead of the T. */
function dateTimeEnd(bytes: Buffer, from: number): number {
  if (!isDate(bytes, from)) return -1;
  const separator = bytes[from + DATE_BYTES];
  return separator === UPPER_T || separator === SPACE ? timeEnd(bytes, from + DATE_BYTES + 1) : -1;
}

/** Behind `Z`, `+02:00`, or nothing of the kind. */
function zoneEnd(bytes: Buffer, from: number): number {
  if (from < 0) return -1;
  if (bytes[from] === UPPER_Z) return from + 1;
  if (bytes[from] !== PLUS && bytes[from] !== MINUS) return from;
  const hours = twoDigits(bytes, from + 1);
  const minutes = twoDigits(bytes, from + 4);
  return bytes[from + 3] === COLON && hours >= 0 && hours <= 14 && minutes >= 0 && minutes < 60 ? from + 6 : -1;
}

/** Where a time of day ends: hours, minutes, seconds, up to six digits of a fraction; -1 for none. */
function timeEnd(bytes: Buffer, from: number): number {
  if (bytes[from + 2] !== COLON || bytes[from + 5] !== COLON) return -1;
  const hour = twoDigits(bytes, from);
  const minute = twoDigits(bytes, from + 3);
  const second = twoDigits(bytes, from + 6);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
  if (bytes[from + 8] !== POINT) return from + 8;
  const to = digitsEnd(bytes, from + 9);
  return to === from + 9 || to - from > 15 ? -1 : to;
}

function digitsEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (((bytes[at] as number) ^ ZERO) < 10) at++;
  return at;
}

function twoDigits(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) ^ ZERO;
  const ones = (bytes[at + 1] as number) ^ ZERO;
  return tens < 10 && ones < 10 ? tens * 10 + ones : -1;
}
