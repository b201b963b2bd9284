import { createHash } from 'node:crypto';

/** Postgres cuts longer identifiers; we never let it. Parquet readers stay within it too. */
export const MAX_NAME_BYTES = 63;
const HASH_DIGITS = 8;

/** Names that a column can't bear (Postgres keeps them for itself) or mustn't, because they are ours. */
const SYSTEM_COLUMNS = /^(?:ctid|oid|tableoid|xmin|xmax|cmin|cmax|_airbyte_.*|_weir_.*)$/i;

/** A column's name for a field; `taken` holds the names in use, in lower case, since most readers ignore case. */
export function columnName(field: string, taken: ReadonlySet<string>): string {
  const plain = plainName(field);
  return SYSTEM_COLUMNS.test(plain) ? hashedName(plain, field, taken) : freeName(plain, field, taken);
}

/** Schemas that are the database's, and ours. */
const KEPT_SCHEMAS = /^(?:pg_.*|information_schema|_weir)$/;

/** A schema's name for a namespace's. Two namespaces may come to the same: their tables then have names of their own. */
export function schemaName(namespace: string): string {
  const name = tableName(namespace, new Set());
  return KEPT_SCHEMAS.test(name) ? tableName(`_${name}`, new Set()) : name;
}

/** A table's name for a stream's. */
export function tableName(stream: string, taken: ReadonlySet<string>): string {
  return freeName(plainName(stream), stream, taken);
}

/**
 * A name as Airbyte's destinations write it: accents stripped, everything but letters, digits and `_` replaced by `_`.
 * Case is kept; letters of every script are.
 */
export function plainName(name: string): string {
  const letters = name.normalize('NFKD').replace(/\p{M}/gu, '').normalize('NFC');
  const plain = letters.toWellFormed().replace(/[^\p{L}\p{N}_]/gu, '_');
  return plain === '' ? '_' : plain;
}

/** The name itself if it is short and free; else cut and told apart by a hash of the original. */
function freeName(plain: string, original: string, taken: ReadonlySet<string>): string {
  if (Buffer.byteLength(plain) <= MAX_NAME_BYTES && !taken.has(plain.toLowerCase())) return plain;
  return hashedName(plain, original, taken);
}

function hashedName(plain: string, original: string, taken: ReadonlySet<string>): string {
  for (let round = 0; ; round++) {
    const hash = createHash('sha256').update(`${round}\u0000${original}`).digest('hex').slice(0, HASH_DIGITS);
    const name = `${cutToBytes(plain, MAX_NAME_BYTES - HASH_DIGITS - 1)}_${hash}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}

/** The longest beginning of at most `bytes` bytes of UTF-8 that splits no character. */
export function cutToBytes(text: string, bytes: number): string {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}
