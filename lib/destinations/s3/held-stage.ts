import { parseJson, stringifyJson } from '#lib/json.ts';
import { placeIn, type StageMark } from './local-stage.ts';
import type { StageParts } from './stage-parts.ts';

const ROWS = 'rows.jsonl';
const MARK = 'mark.json';

/**
 * Puts a held stage into the bucket, out of the read path, so that any worker can release it. Its mark is written last: what
 * was cut off on the way is no stage.
 */
export async function keepHeld({ attempt, local, prefix, store }: StageParts, mark: StageMark): Promise<void> {
  const folder = folderOf(prefix, attempt.syncId);
  await store.upload(`${folder}${ROWS}`, local.rowsFile, {});
  for (const { name, file } of straightOf(mark)) await store.upload(`${folder}${name}`, file, {});
  await store.put(`${folder}${MARK}`, stringifyJson(mark));
}

/**
 * Brings a held stage of the attempt's sync to this machine where it is newer than what lies here; held stages of other syncs
 * have been decided, and go.
 */
export async function fetchHeld(parts: StageParts): Promise<void> {
  const { attempt, local, prefix, store } = parts;
  const folder = folderOf(prefix, attempt.syncId);
  const keys = await store.list(`${prefix}held-`);
  await store.delete(keys.filter((key) => !key.startsWith(folder)));
  if (!keys.includes(`${folder}${MARK}`)) return;
  const mark = parseJson(await store.get(`${folder}${MARK}`)) as unknown as StageMark;
  if ((await local.newestFence(attempt.syncId)) >= mark.fence) return;
  await local.adopt(mark, async (name, file) => store.download(`${folder}${name ?? ROWS}`, file));
}

/** Once it is published or dropped. */
export async function forgetHeld({ prefix, store }: StageParts): Promise<void> {
  await store.delete(await store.list(`${prefix}held-`));
}

/** Files that were made without lines, by their place in the stage's folder. */
function straightOf({ straight }: Pick<StageMark, 'straight'>): { name: string; file: string }[] {
  return straight.flatMap(({ folder, files }) => files.map(({ file }) => ({ name: placeIn(folder, file), file })));
}

function folderOf(prefix: string, syncId: number): string {
  return `${prefix}held-${syncId}/`;
}
