import { freeKeys } from './file-keys.ts';
import type { StagedTable } from './layouts/layout.ts';
import type { StageParts } from './stage-parts.ts';
import type { StoredFile } from './stored-file.ts';
import type { WrittenFile } from './write-files.ts';

/** The files that have rows, each with a key that nothing else has. */
export async function uploadsOf(
  { attempt, config, context, namespace, store }: StageParts,
  main: StagedTable,
  written: readonly WrittenFile[],
  late: readonly string[],
): Promise<{ file: string; stored: StoredFile }[]> {
  const at = context.clock();
  const files = written.filter(({ rows }) => rows > 0);
  const { connectionId, syncId } = attempt;
  const keys = await freeKeys(store, config, { namespace, at, syncId, late, connectionId }, files);
  return files.map(({ file, rows, bytes, table }, index) => ({
    file,
    stored: {
      ...{ key: keys[index] ?? '', rows, bytes, at: at.toISOString(), syncId: attempt.syncId },
      ...(table.id !== main.id && { table: table.name }),
    },
  }));
}
