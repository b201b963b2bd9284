import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import { type Cell, NotStraight } from '#lib/records/index.ts';
import { literal } from '#lib/sql-text.ts';
import { RawIds } from '../raw-ids.ts';
import { type OddRow, OddRows, scanFile } from '../straight-rows.ts';
import { quote, quoteTable, type TableRef } from './identifier.ts';
import { postgresCode } from './postgres-errors.ts';
import { SEQ_COLUMN, SLICE_COLUMN } from './stage-table.ts';
import { USUAL_SETTINGS } from './transaction.ts';

/** Id, slice and number, with the commas: longer than any of them gets. */
const ADDED_BYTES = 80;
const LF = 10;

export interface FileCopy {
  readonly table: TableRef;
  /** Of the file's columns, in its order. */
  readonly columns: readonly string[];
  readonly cells: readonly Cell[];
  readonly sliceId: number;
  /** Rows are numbered from here. */
  readonly seq: number;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number, rows: number) => void;
}

export interface FileCopied {
  /** Rows in the table. */
  readonly rows: number;
  /** The others, each with its number among all rows of the file. */
  readonly odd: readonly OddRow[];
}

/**
 * Sends a file's rows through one COPY, each as its bytes are, with an id, the slice and a number behind. All of them are in the table
 * afterwards, or none: then it gives null, and the file has to be read. Rows with values that need a closer look are left out and given.
 */
export async function copyFile(pool: pg.Pool, file: DelimitedFile, copy: FileCopy): Promise<FileCopied | null> {
  const odd = new OddRows(file);
  const counted = { rows: 0 };
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    // Times without a zone are UTC, whatever zone the server lives in; and a file takes as long as it takes.
    await client.query(`begin; ${USUAL_SETTINGS}`);
    await pipeline(
      Readable.from(failingInErrors(rowsFor(file, copy, odd, counted)), { objectMode: false }),
      client.query(copyFrom(statementFor(file, copy))),
    );
    await client.query('commit');
    return { rows: counted.rows - odd.rows.length, odd: odd.rows };
  } catch (error) {
    failure = error as Error;
    copy.signal.throwIfAborted();
    // A value that the database itself refuses: the other way finds out which row it is.
    if (error instanceof NotStraight || /^2[23]/.test(postgresCode(error))) return null;
    throw error;
  } finally {
    const isUsable = failure === undefined || (postgresCode(failure) !== '' && (await rolledBack(client)));
    client.release(isUsable ? undefined : failure);
  }
}

/** What a sync is stopped with is a word; a COPY that breaks off tells the server its error's message, and ends the process without one. */
async function* failingInErrors(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } catch (error) {
    throw error instanceof Error ? error : new Error(String(error));
  }
}

async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  );
}

function statementFor({ delimiter, quote: mark }: DelimitedFile, { table, columns }: FileCopy): string {
  const names = [...columns, '_airbyte_raw_id', SLICE_COLUMN, SEQ_COLUMN].map(quote).join(', ');
  const sign = (text: string) => (text === '\t' ? "e'\\t'" : literal(text));
  return `copy ${quoteTable(table)} (${names}) from stdin
    (format csv, encoding 'UTF8', delimiter ${sign(delimiter)}, quote ${sign(mark)}, escape ${sign(mark)}, null '')`;
}

function rowsFor(
  file: DelimitedFile,
  { cells, sliceId, seq, signal, onProgress }: FileCopy,
  odd: OddRows,
  counted: { rows: number },
): AsyncGenerator<Buffer> {
  const ids = new RawIds(seq);
  const delimiter = file.delimiter.charCodeAt(0);
  const slice = `${file.delimiter}${sliceId}${file.delimiter}`;
  let target = Buffer.alloc(0);
  let used = 0;
  return scanFile(file, cells, signal, {
    begin(piece) {
      target = Buffer.allocUnsafe(piece.length);
      used = 0;
      return {
        plain(start, end) {
          const needed = used + end - start + ADDED_BYTES;
          if (needed > target.length)
            target = Buffer.concat([target.subarray(0, used)], Math.max(needed, target.length * 2));
          for (let at = start; at < end; at++) target[used++] = piece[at] as number;
          target[used++] = delimiter;
          used = ids.write(target, used);
          used += target.write(`${slice}${seq + ++counted.rows}`, used, 'latin1');
          target[used++] = LF;
        },
        odd(start, end) {
          ids.skip();
          odd.add(piece.subarray(start, end), ++counted.rows);
        },
      };
    },
    end({ at, length }) {
      onProgress(at + length, counted.rows);
      return target.subarray(0, used);
    },
  });
}
