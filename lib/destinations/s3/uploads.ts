import type { EarlyUploads } from './early-uploads.ts';
import { freeKeys } from './file-keys.ts';
import type { StagedTable } from './layouts/layout.ts';
import type { StageParts } from './stage-parts.ts';
import type { StoredFile } from './stored-file.ts';
import type { WrittenFile } from './write-files.ts';

/** The files that have rows, each with a key that nothing else has. */
export async function uploadsOf(
  { attempt, config, context, namespace, store }: StageParts,
  { main, names, of }: { main: StagedTable; names: ReadonlyMap<string, string>; of: number },
  written: readonly WrittenFile[],
  early: EarlyUploads,
): Promise<{ file: string; stored: StoredFile }[]> {
  const at = context.clock();
  const files = written
    .filter(({ rows }) => rows > 0)
    .map((one) => ({ ...one, table: { ...one.table, name: names.get(one.table.name) ?? one.table.name } }));
  const { connectionId, syncId } = attempt;
  const others = files.filter(({ file }) => early.keyOf(file) === undefined);
  const keys = await freeKeys(store, config, { namespace, at, syncId, late: early.taken, connectionId }, others);
  return files.map(({ file, rows, bytes, table }) => ({
    file,
    stored: {
      ...{ key: early.keyOf(file) ?? keys.shift() ?? '', rows, bytes, at: at.toISOString(), syncId: of },
      ...(table.id !== main.id && { table: table.name }),
    },
  }));
}
