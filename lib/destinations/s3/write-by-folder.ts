import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { dateFolder, NO_DATE } from './date-folder.ts';
import type { StagedTable } from './layouts/layout.ts';
import { ASIDE, isRefusedLine } from './refused-lines.ts';
import { linesOf, splitLines } from './split-lines.ts';
import { type LinesRequest, stagedLines, type WriteRequest, type WrittenFile, writeFiles } from './write-files.ts';

/** DuckDB keeps some 32 kB of each column of each folder that it writes at once, and of all rows until the end. */
const MOST_COLUMNS_AT_ONCE = 4_000;
const MOST_BYTES_AT_ONCE = 64 * 1024 * 1024;
/** With more it closes files and begins others in the same folder. */
const MOST_FOLDERS_AT_ONCE = 100;

export interface StagedLines extends Omit<WriteRequest, 'from'> {
  readonly rowsFile: string;
  readonly lines: LinesRequest;
}

interface ByFolder extends StagedLines {
  readonly partition: NonNullable<WriteRequest['partition']>;
}

/** Lines of one folder, or of some that are small. */
interface Batch {
  /** Pattern of their names. */
  readonly files: string;
  /** Null for several. */
  readonly date: string | null;
}

/** Turns the lines of a stage into the files of each table. */
export function writeLines({ partition, ...staged }: StagedLines): Promise<WrittenFile[]> {
  if (partition) return writeByFolder({ ...staged, partition });
  return writeFiles({ ...staged, partition, from: stagedLines(staged.rowsFile, staged.lines) });
}

/**
 * Files in a folder for each date. DuckDB would write all folders at once and run out of memory where there are many: so their lines are told
 * apart first, and are made into files a batch of folders after another.
 */
async function writeByFolder({ rowsFile, lines, partition, ...request }: ByFolder): Promise<WrittenFile[]> {
  const split = `${request.folder}.lines`;
  try {
    await rm(request.folder, { recursive: true, force: true });
    const keyOf = folderIn(partition.granularity, lines.aside, await asideIn(rowsFile, lines.aside));
    const files = await splitLines(rowsFile, split, { keyOf, signal: request.signal });
    if (files.size === 0) return await writeFiles({ ...request, partition: null, from: stagedLines(rowsFile, lines) });
    const columns = Math.max(...request.tables.map((table) => table.columns.length + table.extra.length));
    const batches = await batchesOf(split, files, Math.floor(MOST_COLUMNS_AT_ONCE / columns));
    const shared = batches.filter(({ date }) => date === null);
    const alone = batches.filter(({ date }) => date !== null);
    const written: WrittenFile[] = [];
    if (shared.length > 0) written.push(...(await writeBatches({ ...request, lines, partition }, 'shared', shared)));
    if (alone.length > 0) written.push(...(await writeBatches({ ...request, lines, partition }, 'alone', alone)));
    return withRows(written, request.tables);
  } finally {
    await rm(split, { recursive: true, force: true });
  }
}

async function batchesOf(split: string, files: ReadonlyMap<string, string>, mostColumns: number): Promise<Batch[]> {
  const most = Math.min(mostColumns, MOST_FOLDERS_AT_ONCE);
  const batches: Batch[] = [];
  let some: string[] = [];
  let bytes = 0;
  const end = async () => {
    if (some.length === 0) return;
    const folder = path.join(split, `batch-${batches.length}`);
    await mkdir(folder);
    for (const file of some) await rename(file, path.join(folder, path.basename(file)));
    batches.push({ files: path.join(folder, '*.jsonl'), date: null });
    [some, bytes] = [[], 0];
  };
  for (const [date, file] of files) {
    const { size } = await stat(file);
    if (size > MOST_BYTES_AT_ONCE) batches.push({ files: file, date });
    else {
      if (some.length >= most || bytes + size > MOST_BYTES_AT_ONCE) await end();
      some.push(file);
      bytes += size;
    }
  }
  await end();
  return batches;
}

/** Every table once for each batch, all in one go. */
async function writeBatches(
  { lines, tables, partition, folder, ...request }: Omit<ByFolder, 'rowsFile'>,
  name: 'shared' | 'alone',
  batches: readonly Batch[],
): Promise<WrittenFile[]> {
  const from = batches.map(({ files }) => stagedLines(files, { ...lines, aside: null }));
  const inAll = batches.flatMap((batch, at) =>
    tables.map((table, index) => ({
      batch,
      from: from[at],
      table,
      copy: { ...table, id: at * tables.length + index },
    })),
  );
  const written = await writeFiles({
    ...request,
    folder: path.join(folder, name),
    tables: inAll.map(({ copy }) => copy),
    from: ({ id }) => inAll[id]?.from?.(inAll[id].table) ?? '',
    partition: name === 'shared' ? partition : null,
  });
  return written.map((one) => {
    const { table = one.table, batch } = inAll[one.table.id] ?? {};
    const date = batch?.date ?? null;
    return {
      ...one,
      table,
      partition: date === null ? one.partition : `${partition.name}_${partition.granularity}=${date}`,
    };
  });
}

/** A table without rows keeps one file. */
function withRows(written: readonly WrittenFile[], tables: readonly StagedTable[]): WrittenFile[] {
  return tables.flatMap((table) => {
    const own = written.filter((one) => one.table === table);
    const filled = own.filter(({ rows }) => rows > 0);
    return filled.length > 0 ? filled : own.slice(0, 1).map((one) => ({ ...one, partition: '' }));
  });
}

/** Ids of records that were put aside after they were staged. */
async function asideIn(rowsFile: string, id: string | null): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (id === null) return found;
  for await (const line of linesOf(rowsFile)) {
    const aside = isRefusedLine(line) ? textIn(line, ASIDE) : null;
    if (aside !== null) found.add(aside);
  }
  return found;
}

function folderIn(granularity: ByFolder['partition']['granularity'], id: string | null, aside: ReadonlySet<string>) {
  return (line: Buffer): string | null => {
    if (isRefusedLine(line)) return null;
    if (id !== null && aside.has(textIn(line, id) ?? '')) return null;
    const instant = textIn(line, '_weir_at');
    return instant === null ? NO_DATE : dateFolder(instant, granularity);
  };
}

/** A member of a staged line, of a kind whose texts need no escape. Inside a value, quotes are escaped: no value looks like it. */
function textIn(line: Buffer, name: string): string | null {
  const mark = `,${JSON.stringify(name)}:"`;
  const at = line.lastIndexOf(mark);
  if (at < 0) return null;
  const start = at + mark.length;
  return line.toString('utf8', start, line.indexOf('"', start));
}
