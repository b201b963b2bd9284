import { open } from 'node:fs/promises';
import type { WeirError } from '#lib/errors.ts';
import type { JsonValue } from '#lib/json.ts';
import { fileError } from '../file-errors.ts';
import { openZipEntry, type ZipEntry, zipEntries } from '../zip-file.ts';
import type { OpenFile } from './format.ts';
import { type CellFacts, cellFacts, cellValue, isUnworked } from './workbook-cells.ts';
import { attribute, elements, unescaped } from './workbook-xml.ts';

const MAX_PART_BYTES = 256 * 1024 * 1024;
const MAX_SHEET_BYTES = 4 * 1024 ** 3;
const MAX_ROW_CHARACTERS = 16 * 1024 * 1024;
const MAX_COLUMNS = 16_384;
/** How the older workbooks begin, and new ones that a password protects. */
const OLDER = Buffer.from([0xd0, 0xcf, 0x11, 0xe0]);

export interface Sheet {
  readonly name: string;
  readonly isHidden: boolean;
  readonly entry: ZipEntry;
}

/** A row as the sheet numbers it, from 1, with its values by column. */
export interface SheetRow {
  readonly number: number;
  readonly values: JsonValue[];
  /** How many of its formulas hold no value. */
  readonly unworked: number;
  /** How much of the sheet has been unpacked for it, of 1. */
  readonly reached: number;
}

export interface Workbook {
  readonly sheets: readonly Sheet[];
  /** The rows that the sheet holds: those that were never touched are not there. */
  rows(sheet: Sheet): AsyncGenerator<SheetRow>;
}

/** Opens an .xlsx file: a zip archive of XML parts. @throws WeirError file_broken */
export async function openWorkbook(file: OpenFile): Promise<Workbook> {
  await refuseOlder(file);
  const entries = new Map((await zipEntries(file.path, file.name)).map((entry) => [entry.name, entry]));
  const part = async (name: string) => {
    const entry = entries.get(name);
    return entry ? wholePart(file, entry) : '';
  };
  const workbook = await part('xl/workbook.xml');
  if (workbook === '') throw notExcel(file, [...entries.keys()]);
  const relations = await part('xl/_rels/workbook.xml.rels');
  const [strings, styles] = [await part('xl/sharedStrings.xml'), await part('xl/styles.xml')];
  const facts = cellFacts({ workbook, strings, styles });
  return {
    sheets: sheetsOf(workbook, relations, entries),
    async *rows({ entry }) {
      let number = 0;
      for await (const { tag, cells, bytes } of rowTexts(file, entry)) {
        number = Number(attribute(tag, 'r')) || number + 1;
        yield { number, ...valuesOf(file, cells, facts), reached: bytes / entry.bytes };
      }
    },
  };
}

/** In the order of their tabs; a sheet that is a chart has no rows. */
function sheetsOf(workbook: string, relations: string, entries: ReadonlyMap<string, ZipEntry>): Sheet[] {
  const targets = new Map(
    elements(relations, 'Relationship')
      .filter(({ tag }) => /\/worksheet$|^$/.test(attribute(tag, 'Type')))
      .map(({ tag }) => [attribute(tag, 'Id'), attribute(tag, 'Target')]),
  );
  return elements(workbook, 'sheet').flatMap(({ tag }) => {
    const target = (targets.get(attribute(tag, '\\w+:id')) ?? '').replace(/^\/?(xl\/)?/, 'xl/');
    const entry = entries.get(target);
    const isHidden = /hidden$/i.test(attribute(tag, 'state'));
    return entry ? [{ name: unescaped(attribute(tag, 'name')), isHidden, entry }] : [];
  });
}

function valuesOf(file: OpenFile, cells: string, facts: CellFacts): Pick<SheetRow, 'values' | 'unworked'> {
  const values: JsonValue[] = [];
  let unworked = 0;
  for (const { tag, inner } of elements(cells, 'c')) {
    const column = columnOf(attribute(tag, 'r')) ?? values.length;
    if (column >= MAX_COLUMNS) continue;
    while (values.length < column) values.push(null);
    const value = cellValue(tag, inner, facts);
    if (value === undefined) throw broken(file, `it does not hold text ${inner.replace(/<[^>]*>/g, '')} of its cells`);
    values[column] = value;
    if (value === null && isUnworked(tag, inner)) unworked += 1;
  }
  return { values, unworked };
}

/** The XML of each row, one at a time: a sheet may be larger than memory. */
async function* rowTexts(
  file: OpenFile,
  entry: ZipEntry,
): AsyncGenerator<{ tag: string; cells: string; bytes: number }> {
  let rest = '';
  let bytes = 0;
  let prefix: string | null = null;
  const decoder = new TextDecoder();
  for await (const piece of await contentOf(file, entry)) {
    bytes += piece.length;
    if (bytes > MAX_SHEET_BYTES) throw tooLarge(file);
    rest += decoder.decode(piece, { stream: true });
    prefix ??= rootPrefix(rest);
    if (prefix !== null) {
      const [begin, over] = [`<${prefix}row`, `</${prefix}row>`];
      let from = 0;
      for (let end = rest.indexOf(over); end >= 0; end = rest.indexOf(over, from)) {
        // Rows of nothing may stand before it, and end in themselves.
        const row = rest.slice(rest.lastIndexOf(begin, end), end);
        const cut = row.indexOf('>');
        yield { tag: row.slice(begin.length, cut), cells: row.slice(cut + 1), bytes };
        from = end + over.length;
      }
      rest = rest.slice(from);
    }
    if (rest.length > MAX_ROW_CHARACTERS) throw tooLarge(file);
  }
  const isWhole = rest.includes(`</${prefix ?? ''}worksheet>`) && !/<(?:\w+:)?row\b[^>]*[^/>]>/.test(rest);
  if (!isWhole) throw broken(file, `its part ${entry.name} ends in the middle`);
}

/** What stands before the names of all elements; null as long as that can't be seen. */
function rootPrefix(xml: string): string | null {
  const [whole, prefix = ''] = /<(\w+:)?worksheet\b[^>]*>/.exec(xml) ?? [];
  return whole === undefined ? null : prefix;
}

async function wholePart(file: OpenFile, entry: ZipEntry): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of await contentOf(file, entry)) {
    bytes += piece.length;
    if (bytes > MAX_PART_BYTES) throw tooLarge(file);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function* contentOf(file: OpenFile, entry: ZipEntry): AsyncGenerator<Buffer> {
  try {
    for await (const piece of await openZipEntry(file.path, file.name, entry)) yield piece as Buffer;
  } catch (error) {
    if ((error as Error).name === 'WeirError') throw error;
    throw broken(file, `its part ${entry.name} can’t be unpacked`, error);
  }
}

/** `BC12` is column 54, counted from 0; null for a cell that does not say where it is. */
function columnOf(reference: string): number | null {
  const letters = /^[A-Z]+/.exec(reference)?.[0];
  if (letters === undefined) return null;
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

async function refuseOlder({ name, path }: OpenFile): Promise<void> {
  await using handle = await open(path);
  const { buffer } = await handle.read(Buffer.alloc(OLDER.length), 0, OLDER.length, 0);
  if (!buffer.equals(OLDER)) return;
  const hint = 'Save it as .xlsx, without a password.';
  throw fileError('config', 'file_broken', { file: name }, 'is an older workbook (.xls), or has a password.', hint);
}

function notExcel({ name }: OpenFile, parts: readonly string[]): WeirError {
  const hint = 'Save it as .xlsx; .xls, .xlsb and .ods are not read.';
  return fileError(
    'config',
    'file_broken',
    { file: name },
    `is ${KINDS.find(([part]) => parts.includes(part))?.[1] ?? 'no Excel workbook'}.`,
    hint,
  );
}

/** What others have in such an archive. */
const KINDS: readonly (readonly [part: string, kind: string])[] = [
  ['xl/workbook.bin', 'a binary workbook (.xlsb)'],
  ['content.xml', 'an OpenDocument sheet (.ods)'],
  ['word/document.xml', 'a Word document'],
];

function broken({ name }: OpenFile, why: string, cause?: unknown): WeirError {
  return fileError(
    'config',
    'file_broken',
    { file: name },
    `is broken: ${why}.`,
    'Open it in Excel and save it anew.',
    cause,
  );
}

function tooLarge({ name }: OpenFile): WeirError {
  const hint = 'Split it, or save it as CSV.';
  return fileError('config', 'file_too_large', { file: name }, 'unpacks to more than is taken.', hint);
}
