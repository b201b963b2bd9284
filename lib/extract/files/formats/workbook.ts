import type { JsonValue } from '#lib/json.ts';
import { fileError } from '../file-errors.ts';
import { openZipEntry, type ZipEntry, zipEntries } from '../zip-file.ts';
import type { OpenFile } from './format.ts';

const MAX_PART_BYTES = 256 * 1024 * 1024;
const MAX_SHEET_BYTES = 4 * 1024 ** 3;
const MAX_ROW_CHARACTERS = 16 * 1024 * 1024;
const MAX_COLUMNS = 16_384;
const DAY_MS = 24 * 3_600_000;
/** Day 0 of both of Excel's calendars; that of 1900 counts a 29 February that never was. */
const EPOCH_1900 = Date.UTC(1899, 11, 30);
const EPOCH_1904 = Date.UTC(1904, 0, 1);
/** Number formats of Excel's own that show dates, times, or both. */
const OWN_FORMATS: Readonly<Record<number, Shown>> = {
  ...{ 14: 'date', 15: 'date', 16: 'date', 17: 'date', 22: 'both' },
  ...{ 18: 'time', 19: 'time', 20: 'time', 21: 'time', 45: 'time', 46: 'time', 47: 'time' },
};

/** What a cell's format shows of its day. */
type Shown = 'date' | 'time' | 'both';

export interface Sheet {
  readonly name: string;
  readonly entry: ZipEntry;
}

export interface Workbook {
  readonly sheets: readonly Sheet[];
  /** Values of each row that the sheet holds, by column. */
  rows(sheet: Sheet): AsyncGenerator<JsonValue[]>;
}

/** Opens an .xlsx file: a zip archive of XML parts. @throws WeirError file_broken */
export async function openWorkbook(file: OpenFile): Promise<Workbook> {
  const entries = new Map((await zipEntries(file.path, file.name)).map((entry) => [entry.name, entry]));
  const part = async (name: string) => {
    const entry = entries.get(name);
    return entry ? wholePart(file, entry) : '';
  };
  const workbook = await part('xl/workbook.xml');
  if (workbook === '') throw notExcel(file);
  const targets = new Map(
    [...(await part('xl/_rels/workbook.xml.rels')).matchAll(/<Relationship\b[^>]*>/g)].map(([tag]) => [
      attribute(tag, 'Id'),
      attribute(tag, 'Target'),
    ]),
  );
  const sheets = [...workbook.matchAll(/<sheet\b[^>]*>/g)].flatMap(([tag]) => {
    const target = (targets.get(attribute(tag, 'r:id')) ?? '').replace(/^\/?(xl\/)?/, 'xl/');
    const entry = entries.get(target);
    return entry ? [{ name: unescaped(attribute(tag, 'name')), entry }] : [];
  });
  const strings = [...(await part('xl/sharedStrings.xml')).matchAll(/<si\b[^>]*?(?:\/>|>([\s\S]*?)<\/si>)/g)].map(
    ([, inner = '']) => textOf(inner),
  );
  const shown = dateStyles(await part('xl/styles.xml'));
  const epoch = /<workbookPr\b[^>]*date1904="(1|true)"/.test(workbook) ? EPOCH_1904 : EPOCH_1900;
  return {
    sheets,
    async *rows(sheet) {
      for await (const row of rowTexts(file, sheet.entry)) {
        const values: JsonValue[] = [];
        for (const [, tag = '', inner = ''] of row.matchAll(/<c\b([^>]*?)(?:\/>|>([\s\S]*?)<\/c>)/g)) {
          const column = columnOf(attribute(tag, 'r')) ?? values.length;
          if (column >= MAX_COLUMNS) continue;
          while (values.length < column) values.push(null);
          values[column] = cellValue(tag, inner, { strings, shown, epoch });
        }
        yield values;
      }
    },
  };
}

interface Facts {
  readonly strings: readonly string[];
  /** By cell style. */
  readonly shown: readonly (Shown | null)[];
  readonly epoch: number;
}

function cellValue(tag: string, inner: string, { strings, shown, epoch }: Facts): JsonValue {
  const type = attribute(tag, 't');
  if (type === 'inlineStr') return textOf(inner);
  const text = /<v\b[^>]*>([\s\S]*?)<\/v>/.exec(inner)?.[1];
  if (text === undefined || text === '') return null;
  if (type === 's') return strings[Number(text)] ?? null;
  if (type === 'b') return text === '1';
  if (type === 'str' || type === 'e' || type === 'd') return unescaped(text);
  const number = Number(text);
  if (Number.isNaN(number)) return unescaped(text);
  const shows = shown[Number(attribute(tag, 's') || 0)] ?? null;
  return shows === null ? number : dateOf(number, epoch, shows);
}

/** As much as the format shows, and no less than there is; times to the second. */
function dateOf(days: number, epoch: number, shows: Shown): string {
  const at = new Date(Math.round((epoch + days * DAY_MS) / 1000) * 1000);
  const iso = Number.isNaN(at.getTime()) ? '' : at.toISOString();
  if (shows === 'time' && days >= 0 && days < 1) return iso.slice(11, 19);
  return shows === 'date' && Number.isInteger(days) ? iso.slice(0, 10) : iso.slice(0, 19);
}

/** For each cell style what its number format shows of a date. */
function dateStyles(styles: string): (Shown | null)[] {
  const custom = new Map(
    [...styles.matchAll(/<numFmt\b[^>]*>/g)].map(([tag]) => [
      Number(attribute(tag, 'numFmtId')),
      unescaped(attribute(tag, 'formatCode')),
    ]),
  );
  const cellFormats = /<cellXfs\b[^>]*>([\s\S]*?)<\/cellXfs>/.exec(styles)?.[1] ?? '';
  return [...cellFormats.matchAll(/<xf\b[^>]*>/g)].map(([tag]) => {
    const id = Number(attribute(tag, 'numFmtId'));
    const code = (custom.get(id) ?? '').replace(/"[^"]*"|\\.|\[[^\]]*\]/g, '');
    return OWN_FORMATS[id] ?? shownBy(code.replace(/General/i, ''));
  });
}

/** `m` is a month, beside hours or seconds a minute. */
function shownBy(code: string): Shown | null {
  const hasTime = /[hs]/i.test(code);
  if (/[dy]/i.test(code)) return hasTime ? 'both' : 'date';
  if (hasTime) return 'time';
  return /m/i.test(code) ? 'date' : null;
}

/** The XML of each row, one at a time: a sheet may be larger than memory. */
async function* rowTexts(file: OpenFile, entry: ZipEntry): AsyncGenerator<string> {
  let rest = '';
  let bytes = 0;
  const decoder = new TextDecoder();
  for await (const piece of await contentOf(file, entry)) {
    bytes += piece.length;
    if (bytes > MAX_SHEET_BYTES) throw tooLarge(file);
    rest += decoder.decode(piece, { stream: true });
    for (let end = rest.indexOf('</row>'); end >= 0; end = rest.indexOf('</row>')) {
      yield rest.slice(rest.indexOf('<row'), end);
      rest = rest.slice(end + 6);
    }
    if (rest.length > MAX_ROW_CHARACTERS) throw tooLarge(file);
  }
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
    throw fileError(
      'config',
      'file_broken',
      { file: file.name },
      `${entry.name} in it is broken.`,
      'Save it anew.',
      error,
    );
  }
}

function attribute(tag: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
}

/** The texts of all runs; phonetic readings are left out. */
function textOf(xml: string): string {
  const plain = xml.replace(/<rPh\b[\s\S]*?<\/rPh>/g, '');
  return [...plain.matchAll(/<t\b[^>]*>([\s\S]*?)<\/t>/g)].map(([, text = '']) => unescaped(text)).join('');
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return NAMED[name] ?? whole;
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** `BC12` is column 54, counted from 0; null for a cell that does not say where it is. */
function columnOf(reference: string): number | null {
  const letters = /^[A-Z]+/.exec(reference)?.[0];
  if (letters === undefined) return null;
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function notExcel({ name }: OpenFile) {
  const hint = 'Save it as .xlsx; the older .xls is not read.';
  return fileError('config', 'file_broken', { file: name }, 'is no Excel workbook.', hint);
}

function tooLarge({ name }: OpenFile) {
  return fileError(
    'config',
    'file_too_large',
    { file: name },
    'unpacks to more than is taken.',
    'Split it, or save it as CSV.',
  );
}
