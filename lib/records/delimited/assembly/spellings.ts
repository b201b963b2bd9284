/** Of a field's bytes: whether they are the one plain spelling of a value of a type, which every reader takes for the same. */

/** Digits that surely fit a bigint, and numbers whose digits a double surely keeps. */
const MAX_INTEGER_DIGITS: i32 = 18;
const MAX_NUMBER_BYTES: i32 = 15;
const DATE_BYTES: i32 = 10;
const SECONDS_BYTES: i32 = 19;
/** As many bytes as one instruction looks at. */
const VECTOR_BYTES: i32 = 16;
const ZERO: u8 = 48;
const MINUS: u8 = 45;
const PLUS: u8 = 43;
const POINT: u8 = 46;
const COLON: u8 = 58;
const SPACE: u8 = 32;
const UPPER_T: u8 = 84;
const UPPER_Z: u8 = 90;
/** In either case: with this bit, letters are small. */
const SMALL: u32 = 0x20202020;
const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;
const E: u32 = 101;

/** The number of a type is its place among the `TYPES` of `scan-rows.ts`; 0 is text, which every field is. The field has `length` bytes, at least one. */
export function isPlain(type: u32, at: usize, length: i32): bool {
  switch (type) {
    case 0:
      return true;
    case 1:
      return isInteger(at, length);
    case 2:
      return isNumber(at, length);
    case 3:
      return isBoolean(at, length);
    case 4:
      return length === DATE_BYTES && isDate(at);
    case 5:
      return isInstant(at, length);
    case 6:
      return isDateTime(at, length);
    default:
      return isTime(at, length);
  }
}

/** A bit for each of the next sixteen bytes. */
function digitsOf(bytes: v128): i32 {
  return i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(48)), i8x16.splat(10)));
}

function isInteger(at: usize, length: i32): bool {
  const sign: i32 = load<u8>(at) === MINUS ? 1 : 0;
  const digits = length - sign;
  if (digits < 1 || digits > MAX_INTEGER_DIGITS) return false;
  if (load<u8>(at + sign) === ZERO && length > 1) return false;
  if (length > VECTOR_BYTES) return areDigits(at + sign, digits);
  const all = (1 << length) - 1;
  return ((digitsOf(v128.load(at)) | sign) & all) === all;
}

/** Without exponent, and short enough for a double. */
function isNumber(at: usize, length: i32): bool {
  if (length > MAX_NUMBER_BYTES) return false;
  const sign: i32 = load<u8>(at) === MINUS ? 1 : 0;
  const all = (1 << length) - 1;
  const bytes = v128.load(at);
  const digits = digitsOf(bytes) & all;
  const points = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(46))) & all;
  const isMade = (digits | points | sign) === all && popcnt(points) <= 1;
  const startsAndEnds = (digits >> sign) & (digits >> (length - 1)) & 1;
  // 0.5, and 0 itself: but not 01, and not -0.
  const isPadded = load<u8>(at + sign) === ZERO && length > 1 && load<u8>(at + sign + 1) !== POINT;
  return isMade && startsAndEnds !== 0 && !isPadded;
}

/** `true` and `false` in any case. */
function isBoolean(at: usize, length: i32): bool {
  const word = load<u32>(at) | SMALL;
  if (length === 4) return word === TRUE;
  return length === 5 && word === FALS && ((load<u8>(at + 4) as u32) | 32) === E;
}

/** `2026-11-25`, a day that there is. */
function isDate(at: usize): bool {
  const isWritten = (digitsOf(v128.load(at)) & 0b1111111111) === 0b1101101111;
  if (!isWritten || load<u8>(at + 4) !== MINUS || load<u8>(at + 7) !== MINUS) return false;
  const year = twoDigits(at) * 100 + twoDigits(at + 2);
  const month = twoDigits(at + 5);
  const day = twoDigits(at + 8);
  return year > 0 && month > 0 && month <= 12 && day > 0 && (day <= 28 || day <= daysOf(year, month));
}

function daysOf(year: u32, month: u32): u32 {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** With a zone, `Z` or `+02:00`, or without. */
function isInstant(at: usize, length: i32): bool {
  const last = load<u8>(at + length - 1);
  if (last === UPPER_Z) return isDateTime(at, length - 1);
  const sign = length > SECONDS_BYTES + 5 ? load<u8>(at + length - 6) : 0;
  if (sign !== PLUS && sign !== MINUS) return isDateTime(at, length);
  const zone = at + length - 5;
  const isWritten = areDigits(zone, 2) && load<u8>(zone + 2) === COLON && areDigits(zone + 3, 2);
  return isWritten && twoDigits(zone) <= 14 && twoDigits(zone + 3) < 60 && isDateTime(at, length - 6);
}

/** `2026-11-25T10:00:00.5`, or a blank instead of the T. */
function isDateTime(at: usize, length: i32): bool {
  if (length < SECONDS_BYTES || !isDate(at)) return false;
  const separator = load<u8>(at + DATE_BYTES);
  return (separator === UPPER_T || separator === SPACE) && isTime(at + DATE_BYTES + 1, length - DATE_BYTES - 1);
}

/** Hours, minutes, seconds, up to six digits of a fraction. */
function isTime(at: usize, length: i32): bool {
  if (length < 8 || (digitsOf(v128.load(at)) & 0b11111111) !== 0b11011011) return false;
  if (load<u8>(at + 2) !== COLON || load<u8>(at + 5) !== COLON) return false;
  if (twoDigits(at) > 23 || twoDigits(at + 3) > 59 || twoDigits(at + 6) > 59) return false;
  return length === 8 || (length > 9 && length <= 15 && load<u8>(at + 8) === POINT && areDigits(at + 9, length - 9));
}

function areDigits(at: usize, count: i32): bool {
  for (let index = 0; index < count; index++) if (load<u8>(at + index) - ZERO > 9) return false;
  return true;
}

/** Of two digits, their number. */
function twoDigits(at: usize): u32 {
  return ((load<u8>(at) as u32) - ZERO) * 10 + load<u8>(at + 1) - ZERO;
}
