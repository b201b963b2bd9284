import type { Refusal } from '#lib/records/index.ts';
import type { Commit } from './commits.ts';
import { isFenced } from './fence.ts';
import { listQuarantine, quarantinePrefix, writeQuarantine } from './quarantine-files.ts';
import { forgetReplayed } from './quarantine-store.ts';
import { type AsideRow, asideLine, refusedLine, refusedLines } from './refused-lines.ts';
import type { StageParts } from './stage-parts.ts';

/** Rows of a stage that were put aside: lines of the stage first, objects of the bucket from the next checkpoint on. */
export class StageQuarantine {
  readonly #parts: StageParts;
  /** Some are in the stage that the bucket does not have yet. */
  #waits: boolean;
  /** What the bucket has of the publish that is being made. */
  #uploaded: readonly string[] = [];

  constructor(parts: StageParts, waits: boolean) {
    this.#parts = parts;
    this.#waits = waits;
  }

  lineOf(slice: { id: number; name: string }, page: number, refusal: Refusal): string {
    this.#waits = true;
    return refusedLine(slice, page, refusal);
  }

  asideLine(slice: number, row: AsideRow): string {
    this.#waits = true;
    return asideLine(slice, row);
  }

  /**
   * Uploads them in place of what the checkpoint before had uploaded: they can be looked at whatever becomes of the sync. With those of
   * slices that are open (`more` says whether these have some) until there is a publish, which has its own and no others.
   */
  async upload({ part, leaveOut, more }: { part: number; leaveOut: readonly number[]; more: boolean }): Promise<void> {
    if (!this.#waits) return;
    const { attempt, config, context, local, store, target } = this.#parts;
    // An attempt that was fenced off reads on until it is to publish.
    if (await isFenced(this.#parts)) return;
    await local.flush();
    await store.delete(this.#uploaded);
    const prefix = quarantinePrefix(config.ownPath, attempt.connectionId);
    const { namespace, table } = target;
    const of = { namespace, table, syncId: attempt.syncId, part, fence: attempt.fence };
    const lines = refusedLines(local.rowsFile, leaveOut);
    this.#uploaded = await writeQuarantine(store, prefix, of, { lines, now: context.clock() });
    this.#waits = more;
  }

  /** What was uploaded belongs to a commit now. */
  async published(commit: Commit): Promise<void> {
    this.#uploaded = [];
    await forgetReplayed(this.#parts, commit);
  }
}

/** Before a stage is opened: what is left of replays that have been published, and of rows that this sync will read again. */
export async function tidyQuarantine(parts: StageParts, latest: Commit | null, published: number): Promise<void> {
  const { attempt, config, store, target } = parts;
  if (latest) await forgetReplayed(parts, latest);
  const files = await listQuarantine(store, quarantinePrefix(config.ownPath, attempt.connectionId));
  const mine = files.filter(
    ({ syncId, part, namespace, table }) =>
      syncId === attempt.syncId && part > published && namespace === target.namespace && table === target.table,
  );
  await store.delete(mine.map(({ key }) => key));
}
