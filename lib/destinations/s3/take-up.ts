import { isJsonObject } from '#lib/json.ts';
import { NO_COUNTS, type TargetStream } from '../destination.ts';
import type { Commit } from './commits.ts';
import { fetchHeld } from './held-stage.ts';
import type { StageMark } from './local-stage.ts';
import { sweep } from './settle-commits.ts';
import { placeOf, type StageParts } from './stage-parts.ts';
import { tidyQuarantine } from './stage-quarantine.ts';

/** What was published last, what is staged beyond it (null when nothing is), and keys that a lost attempt may yet write to. */
export interface TakenUp {
  readonly latest: Commit | null;
  readonly late: readonly string[];
  readonly mark: StageMark | null;
}

/** Sweeps up after lost attempts, and finds where to go on. */
export async function takeUp(parts: StageParts): Promise<TakenUp> {
  const { attempt, local } = parts;
  const { latest, late } = await sweep(placeOf(parts));
  await fetchHeld(parts);
  const mark = await local.takeUp(attempt.syncId);
  const published = latest !== null && latest.syncId === attempt.syncId ? latest.part : 0;
  await tidyQuarantine(parts, latest, published);
  if (mark === null) return { latest, late, mark };
  if (mark.parts !== published) return { latest, late, mark: await forget(parts, mark) };
  const dropped = [...mark.droppedSlices, ...mark.openSlices];
  return { latest, late, mark: { ...mark, openSlices: [], droppedSlices: dropped } };
}

/**
 * A stage that knows of fewer publishes than the bucket died before it noted one, or lies on a machine that was not the last: what it holds
 * is published, or will be read again. One that knows of more is of another bucket, or of one that was emptied.
 */
async function forget({ local }: StageParts, mark: StageMark): Promise<null> {
  await local.keepSlices([]);
  await local.removeStraight(mark.straight);
  return null;
}

/** Where a stage begins: after what this sync has published already. */
export function firstMark({ attempt, config, target }: StageParts, latest: Commit | null): StageMark {
  const own = latest?.syncId === attempt.syncId ? latest : null;
  return {
    syncId: attempt.syncId,
    fence: attempt.fence,
    // Each sync finds out anew which numbers need to be text.
    tables: (latest?.tables ?? []).map((table) => ({ ...table, exact: [] })),
    straight: [],
    partitioned: hasProperty(target, config.partition?.field),
    state: own?.state ?? null,
    counts: own?.counts ?? NO_COUNTS,
    bytes: 0,
    nextSlice: 0,
    openSlices: [],
    droppedSlices: [],
    parts: own?.part ?? 0,
  };
}

function hasProperty({ stream }: TargetStream, field: string | undefined): boolean {
  const { properties } = stream.jsonSchema;
  return field !== undefined && isJsonObject(properties) && field in properties;
}
