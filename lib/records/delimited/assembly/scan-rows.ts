/** Tells the rows of a delimited file apart. In AssemblyScript, for its vectors: JavaScript takes three times as long. */
import { isPlain } from './spellings';

const LF: u8 = 10;
const CR: u8 = 13;
const BACKSLASH: u8 = 92;
const VECTOR_BYTES: usize = 16;
/** Keys of that length may be too long for an index. */
const LONG_KEY_BYTES: usize = 500;
const TEXT: u32 = 0;
/** In a column's byte, beside its type. */
const REQUIRED: u32 = 0x80;
/** In a row's end: it needs a closer look. */
const ODD: u32 = 0x80000000;
/** Instead of a place: the row goes on behind the bytes that there are. */
const CUT: usize = 0;
/** Instead of a place: the file is none that can be taken straight. */
const NOT_STRAIGHT: usize = 1;

let delimiter: u8 = 0;
let quote: u8 = 0;
let columns: usize = 0;
let behindColumns: usize = 0;
/** How many bytes the file's line ends have. */
let lineEnd: usize = 0;
/** Of the row that was looked at last. */
let isOdd: bool = false;
/** Where the first row begins that was not told. */
let next: usize = 0;

/** A file begins. At `place` lies a byte for each of its columns. */
export function begin(fileDelimiter: u8, fileQuote: u8, place: usize, count: usize): void {
  delimiter = fileDelimiter;
  quote = fileQuote;
  columns = place;
  behindColumns = place + count;
  lineEnd = 0;
}

/**
 * Looks at the whole rows between two places, and writes to `ends` where each of them ends, as four bytes. Gives how many these are, at
 * most `most`; -1 for a file that is not straight. The bytes behind `to` are overwritten.
 */
export function scan(from: usize, to: usize, isEnd: bool, ends: usize, most: i32): i32 {
  // Every field ends here at the latest, which saves a comparison at each byte.
  store<u8>(to, LF);
  next = from;
  let rows: i32 = 0;
  while (next < to && rows < most) {
    const end = rowEnd(next, to, isEnd);
    const behind = end <= NOT_STRAIGHT ? end : behindLineEnd(end, to, isEnd);
    if (behind === CUT) return rows;
    if (behind === NOT_STRAIGHT) return -1;
    store<u32>(ends + ((rows as usize) << 2), (end as u32) | (isOdd ? ODD : 0));
    next = behind;
    rows++;
  }
  return rows;
}

export function behindRows(): usize {
  return next;
}

export function lineEndBytes(): usize {
  return lineEnd;
}

function rowEnd(start: usize, to: usize, isEnd: bool): usize {
  isOdd = load<u8>(start) === BACKSLASH;
  let at = start;
  for (let column = columns; column < behindColumns; column++) {
    const from = at;
    const isQuoted = load<u8>(at) === quote;
    at = isQuoted ? quotedEnd(at, to) : bareEnd(at);
    if (at === CUT) return isEnd ? NOT_STRAIGHT : CUT;
    const kind = load<u8>(column) as u32;
    const quotes: usize = isQuoted ? 1 : 0;
    if (kind !== TEXT && !fits(kind, from + quotes, at - from - 2 * quotes, isQuoted)) isOdd = true;
    if (at === to && !isEnd) return CUT;
    if (at === to || load<u8>(at) !== delimiter) return column + 1 === behindColumns ? at : NOT_STRAIGHT;
    at++;
  }
  return NOT_STRAIGHT;
}

function fits(kind: u32, at: usize, length: usize, isQuoted: bool): bool {
  const type = kind & ~REQUIRED;
  const isRequired = type !== kind;
  if (length === 0) return !isRequired && (!isQuoted || type === TEXT);
  return !(isRequired && length > LONG_KEY_BYTES) && isPlain(type, at, length as i32);
}

/** Where a field without quotes ends, or is none. */
function bareEnd(start: usize): usize {
  let at = start;
  let stops = stopsOf(v128.load(at));
  while (stops === 0) {
    at += VECTOR_BYTES;
    stops = stopsOf(v128.load(at));
  }
  return at + ctz(stops);
}

/** A bit for each of sixteen bytes. */
function stopsOf(bytes: v128): i32 {
  const isSign = v128.or(i8x16.eq(bytes, i8x16.splat(delimiter)), i8x16.eq(bytes, i8x16.splat(quote)));
  const isLineEnd = v128.or(i8x16.eq(bytes, i8x16.splat(LF)), i8x16.eq(bytes, i8x16.splat(CR)));
  return i8x16.bitmask(v128.or(isSign, isLineEnd));
}

/** The place behind the closing quote of a field; `CUT` if it does not close. */
function quotedEnd(start: usize, to: usize): usize {
  let at = start + 1;
  while (at < to) {
    const quotes = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(quote)));
    if (quotes === 0) {
      at += VECTOR_BYTES;
      continue;
    }
    at += ctz(quotes);
    if (at >= to) return CUT;
    if (at + 1 === to || load<u8>(at + 1) !== quote) return at + 1;
    at += 2;
  }
  return CUT;
}

function behindLineEnd(at: usize, to: usize, isEnd: bool): usize {
  if (at === to) return at;
  const isCarriageReturn = load<u8>(at) === CR;
  if (isCarriageReturn && at + 1 === to && !isEnd) return CUT;
  const behind = at + (isCarriageReturn ? 2 : 1);
  if (behind > to || load<u8>(behind - 1) !== LF) return NOT_STRAIGHT;
  if (lineEnd !== 0 && lineEnd !== behind - at) return NOT_STRAIGHT;
  lineEnd = behind - at;
  return behind;
}
