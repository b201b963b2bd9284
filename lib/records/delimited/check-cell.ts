import type { CellType } from './cell-type.ts';

/** Digits that surely fit a bigint, and numbers whose digits a double surely keeps. */
const MAX_INTEGER_DIGITS = 18;
const MAX_NUMBER_BYTES = 15;
const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const COLON = 58;
const SPACE = 32;
const UPPER_T = 84;
const UPPER_Z = 90;

/** Whether the bytes are the one plain spelling of a value of the type, which all readers read alike. The field is not empty. */
export function checkCell(type: CellType, bytes: Buffer, from: number, to: number): boolean {
  switch (type) {
    case 'text':
      return true;
    case 'integer':
      return isInteger(bytes, from, to);
    case 'number':
      return isNumber(bytes, from, to);
    case 'boolean':
      return isBoolean(bytes, from, to);
    case 'date':
      return to - from === 10 && isDate(bytes, from);
    case 'instant':
      return isDateTime(bytes, from, to, true);
    case 'local':
      return isDateTime(bytes, from, to, false);
    case 'time':
      return timeEnd(bytes, from, to) === to;
    default:
      return false;
  }
}

function isInteger(bytes: Buffer, start: number, to: number): boolean {
  const from = bytes[start] === MINUS ? start + 1 : start;
  const digits = to - from;
  if (digits < 1 || digits > MAX_INTEGER_DIGITS) return false;
  if (bytes[from] === ZERO) return digits === 1 && from === start;
  for (let at = from; at < to; at++) if (!isDigit(bytes[at])) return false;
  return true;
}

/** Without exponent, and short enough for a double. */
function isNumber(bytes: Buffer, start: number, to: number): boolean {
  if (to - start > MAX_NUMBER_BYTES) return false;
  const from = bytes[start] === MINUS ? start + 1 : start;
  let at = from;
  while (at < to && isDigit(bytes[at])) at++;
  const whole = at - from;
  if (whole === 0 || (whole > 1 && bytes[from] === ZERO)) return false;
  if (at === to) return bytes[from] !== ZERO || from === start;
  if (bytes[at] !== POINT || at + 1 === to) return false;
  for (at++; at < to; at++) if (!isDigit(bytes[at])) return false;
  return true;
}

function isBoolean(bytes: Buffer, from: number, to: number): boolean {
  // `true` and `false` in any case.
  if (to - from === 4) return matches(bytes, from, 'true');
  return to - from === 5 && matches(bytes, from, 'false');
}

function matches(bytes: Buffer, from: number, word: string): boolean {
  for (let at = 0; at < word.length; at++)
    if (((bytes[from + at] as number) | 32) !== word.charCodeAt(at)) return false;
  return true;
}

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
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return year > 0 && day <= (month === 2 && isLeap ? 29 : (DAYS[month] as number));
}

/** `2026-11-25T10:00:00.5Z`, or a blank instead of the T; a zone only where the column takes one. */
function isDateTime(bytes: Buffer, from: number, to: number, mayHaveZone: boolean): boolean {
  if (to - from < 19 || !isDate(bytes, from)) return false;
  const separator = bytes[from + 10];
  if (separator !== UPPER_T && separator !== SPACE) return false;
  const end = timeEnd(bytes, from + 11, to);
  if (end === to) return true;
  if (end < 0 || !mayHaveZone) return false;
  if (bytes[end] === UPPER_Z) return end + 1 === to;
  if ((bytes[end] !== PLUS && bytes[end] !== MINUS) || to - end !== 6 || bytes[end + 3] !== COLON) return false;
  const hours = twoDigits(bytes, end + 1);
  const minutes = twoDigits(bytes, end + 4);
  return hours >= 0 && hours <= 14 && minutes >= 0 && minutes < 60;
}

/** Where a time of day ends: hours, minutes, seconds, up to six digits of a fraction; -1 for none. */
function timeEnd(bytes: Buffer, from: number, to: number): number {
  if (to - from < 8 || bytes[from + 2] !== COLON || bytes[from + 5] !== COLON) return -1;
  const hour = twoDigits(bytes, from);
  const minute = twoDigits(bytes, from + 3);
  const second = twoDigits(bytes, from + 6);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
  let at = from + 8;
  if (bytes[at] !== POINT || at >= to) return at;
  const first = ++at;
  while (at < to && isDigit(bytes[at])) at++;
  return at === first || at - first > 6 ? -1 : at;
}

function twoDigits(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
