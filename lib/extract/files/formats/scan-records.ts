import { Surroundings, TWICE } from './surroundings.ts';

/** As a line of JSON lines may have. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;
const MAX_KEY_BYTES = 1024 * 1024;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Of the order of bytes: may stand before all of them. */
const MARK = [0xef, 0xbb, 0xbf];

/** Why a document can't be read, after its name. */
export class ScanError extends Error {
  readonly code: 'file_broken' | 'no_records' | 'bad_row';

  constructor(code: ScanError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The bytes of each record of a JSON document that may be larger than memory: the objects of the list at a path, or the one object there.
 * What is inside of a record is not looked at; what stands around them is, when all have been read. @throws ScanError
 */
export async function* scanRecords(
  pieces: AsyncIterable<Buffer>,
  path: readonly string[],
): AsyncGenerator<Buffer, void, undefined> {
  const scan = new RecordScan(path);
  for await (const piece of pieces) yield* scan.read(piece);
  scan.end();
}

class RecordScan {
  readonly #path: readonly string[];
  /** Containers that are open. */
  #depth = 0;
  /** How many of them, from the outermost, are objects along the path. */
  #along = 0;
  #isInString = false;
  #isEscaped = false;
  /** Of a key along the path, as it is written; null while none is read. */
  #keyText: Buffer[] | null = null;
  #keyBytes = 0;
  #key: string | null = null;
  /** Of the record that is being read. */
  #record: Buffer[] | null = null;
  #recordBytes = 0;
  #state: 'outside' | 'in list' | 'in record' = 'outside';
  #isFound = false;
  #isOver = false;
  /** Whether a comma has to come before the next record, and whether one has come. */
  #needsComma = false;
  #hasComma = false;
  #count = 0;
  #at = 0;
  readonly #around = new Surroundings();

  constructor(path: readonly string[]) {
    this.#path = path;
  }

  *read(piece: Buffer): Generator<Buffer, void, undefined> {
    let from = 0;
    let around = 0;
    for (let index = 0; index < piece.length; index++) {
      const byte = piece[index] as number;
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) {
          this.#isInString = false;
          if (this.#keyText) this.#endKey(piece.subarray(from, index));
        }
        continue;
      }
      if (byte === QUOTE) {
        this.#isInString = true;
        if (this.#state !== 'in record') this.#onString(this.#at + index);
        if (this.#keyText) from = index + 1;
        continue;
      }
      const before = this.#state;
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (this.#state !== 'in record' && this.#open(byte, this.#at + index)) from = index;
        this.#depth += 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.#depth -= 1;
        if (this.#state === 'in record') {
          if (this.#depth === this.#recordDepth()) yield this.#endRecord(piece.subarray(from, index + 1));
        } else this.#close(this.#at + index);
      } else if (this.#state !== 'in record' && byte > 0x20) this.#other(byte, this.#at + index);
      // The brackets themselves stay.
      if (before === 'outside' && this.#state !== 'outside') this.#around.add(piece.subarray(around, index + 1));
      if (before !== 'outside' && this.#state === 'outside') around = index;
    }
    this.#at += piece.length;
    if (this.#state === 'outside') this.#around.add(piece.subarray(around));
    if (this.#keyText) this.#keepKey(piece.subarray(from));
    if (this.#record) this.#keep(piece.subarray(from));
  }

  end(): void {
    if (this.#depth !== 0 || this.#isInString || !this.#isOver) throw broken('ends in the middle');
    const problem = this.#around.problem(this.#isFound ? this.#path : null);
    if (problem !== null) throw broken(problem);
    if (!this.#isFound) throw new ScanError('no_records', 'there is nothing');
  }

  /** In a list, each record is one deeper than the list's own place. */
  #recordDepth(): number {
    return this.#path.length + (this.#listed ? 1 : 0);
  }

  #listed = false;

  /** Whether what begins here is a record. */
  #open(byte: number, at: number): boolean {
    this.#assertNotOver();
    if (this.#state === 'in list' && this.#depth === this.#path.length + 1) {
      this.#beginItem(at);
      if (byte !== OPEN_OBJECT) throw this.#noObject();
      return this.#beginRecord();
    }
    const isHere = this.#depth === this.#along && (this.#depth === 0 || this.#key === this.#path[this.#depth - 1]);
    this.#key = null;
    if (!isHere) return false;
    if (this.#depth === this.#path.length) {
      if (this.#isFound) throw broken(TWICE);
      this.#isFound = true;
      if (byte === OPEN_OBJECT) return this.#beginRecord();
      this.#listed = true;
      this.#state = 'in list';
    } else if (byte === OPEN_OBJECT) this.#along += 1;
    return false;
  }

  #close(at: number): void {
    if (this.#state === 'in list' && this.#depth === this.#path.length) {
      if (this.#hasComma) throw broken(`a record is missing before byte ${at}`);
      this.#state = 'outside';
      this.#listed = false;
      this.#needsComma = false;
    }
    if (this.#depth < 0) throw broken('something comes behind its end');
    this.#along = Math.min(this.#along, this.#depth);
    this.#key = null;
    if (this.#depth === 0) this.#isOver = true;
  }

  /** A string outside of records: a key, if it stands along the path where keys do. */
  #onString(at: number): void {
    this.#assertNotOver();
    if (this.#state === 'in list' && this.#depth === this.#path.length + 1) {
      this.#beginItem(at);
      throw this.#noObject();
    }
    if (this.#depth === 0) throw broken('is no JSON of records');
    if (this.#depth === this.#along && this.#key === null) {
      this.#keyText = [];
      this.#keyBytes = 0;
    }
  }

  /** A quote too few makes a key of all that follows. */
  #keepKey(piece: Buffer): void {
    this.#keyBytes += piece.length;
    if (this.#keyBytes > MAX_KEY_BYTES) throw broken('a quote is missing behind a key');
    this.#keyText?.push(piece);
  }

  #endKey(rest: Buffer): void {
    const text = Buffer.concat([...(this.#keyText ?? []), rest]).toString('utf8');
    this.#keyText = null;
    try {
      this.#key = JSON.parse(`"${text}"`) as string;
    } catch {
      throw broken('is no JSON');
    }
  }

  #other(byte: number, at: number): void {
    if (byte === MARK[at]) return;
    this.#assertNotOver();
    if (this.#state === 'in list' && this.#depth === this.#path.length + 1) {
      if (byte === COMMA && this.#needsComma && !this.#hasComma) this.#hasComma = true;
      else if (byte === COMMA) throw broken(`a record is missing before byte ${at}`);
      else {
        this.#beginItem(at);
        throw this.#noObject();
      }
      return;
    }
    if (this.#depth === 0) throw broken('is no JSON of records');
    // The value behind a key has gone by.
    if (byte === COMMA && this.#depth === this.#along) this.#key = null;
    else if (byte === COLON) return;
  }

  #beginItem(at: number): void {
    if (this.#needsComma && !this.#hasComma) throw broken(`a comma is missing before byte ${at}`);
    this.#count += 1;
    this.#needsComma = true;
    this.#hasComma = false;
  }

  #beginRecord(): true {
    this.#state = 'in record';
    this.#record = [];
    this.#recordBytes = 0;
    return true;
  }

  #endRecord(rest: Buffer): Buffer {
    this.#keep(rest);
    const pieces = this.#record ?? [];
    this.#record = null;
    this.#state = this.#listed ? 'in list' : 'outside';
    if (!this.#listed) this.#count += 1;
    if (this.#depth === 0) this.#isOver = true;
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }

  #keep(piece: Buffer): void {
    this.#recordBytes += piece.length;
    if (this.#recordBytes > MAX_RECORD_BYTES)
      throw new ScanError(
        'bad_row',
        `item ${Math.max(1, this.#count)} is longer than ${MAX_RECORD_BYTES / 1024 / 1024} MB`,
      );
    this.#record?.push(piece);
  }

  #assertNotOver(): void {
    if (this.#isOver) throw broken('something comes behind its end');
  }

  #noObject(): ScanError {
    return new ScanError('bad_row', `item ${this.#count} is no JSON object`);
  }
}

function broken(why: string): ScanError {
  return new ScanError('file_broken', why);
}
