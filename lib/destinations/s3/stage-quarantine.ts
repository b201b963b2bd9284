import type { Refusal } from '#lib/records/index.ts';
import { quarantineChanged } from '../stage-errors.ts';
import type { Commit } from './commits.ts';
import { isFenced } from './fence.ts';
import { listQuarantine, quarantinePrefix, writeQuarantine } from './quarantine-files.ts';
import { countReplayed, forgetOutdated, isPublished } from './quarantine-store.ts';
import { type AsideRow, asideLine, type RefusedPlace, refusedLine, refusedLines } from './refused-lines.ts';
import type { StageParts } from './stage-parts.ts';

/** Without an instant it is that of the sync. */
type GivenPlace = Omit<RefusedPlace, 'came'> & { readonly came?: Date | undefined };

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

  lineOf({ came = this.#parts.target.emittedAt, ...place }: GivenPlace, refusal: Refusal): string {
    this.#waits = true;
    return refusedLine({ ...place, came }, refusal);
  }

  asideLine(slice: number, row: AsideRow): string {
    this.#waits = true;
    return asideLine(slice, row.came ?? this.#parts.target.emittedAt, row);
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

  /** The load is dropped, and will be read again. */
  async drop(): Promise<void> {
    await this.#parts.store.delete(this.#uploaded);
    this.#uploaded = [];
    this.#waits = false;
  }

  /** What was uploaded belongs to a commit now. */
  async published(commit: Commit): Promise<void> {
    this.#uploaded = [];
    await forgetOutdated(this.#parts, commit);
  }
}

/** Before a stage is opened: what a publish has made of no use, and rows that are read again since their load was never published. */
export async function tidyQuarantine(parts: StageParts, latest: Commit | null, published: number): Promise<void> {
  const { attempt, config, store, target } = parts;
  if (latest) await forgetOutdated(parts, latest);
  const files = await listQuarantine(store, quarantinePrefix(config.ownPath, attempt.connectionId));
  const gone = files.filter((file) => {
    if (file.namespace !== target.namespace || file.table !== target.table) return false;
    return file.syncId === attempt.syncId ? file.part > published : !isPublished(file, latest);
  });
  await store.delete(gone.map(({ key }) => key));
}

/** Before a replay is published, which was given so many: rows that somebody took out meanwhile are not to be loaded. */
export async function assertAllKept(parts: StageParts, latest: Commit | null, given: number): Promise<void> {
  const { attempt, config, store, target } = parts;
  const prefix = quarantinePrefix(config.ownPath, attempt.connectionId);
  const kept = await countReplayed({ store, prefix, latest }, target, target.replays?.upTo ?? 0);
  if (kept !== given) throw quarantineChanged(target.stream.name);
}
