import { WeirError } from '#lib/errors.ts';
import type { Column } from '#lib/records/index.ts';
import type { Published, Relation, SchemaChange, StagedLoad } from '../destination.ts';
import type { ReadColumn } from '../local-files.ts';
import type { Commit } from './commits.ts';
import type { S3Config } from './config.ts';
import type { SavedTable } from './layouts/layout.ts';
import type { StageMark } from './local-stage.ts';
import { planRetention, type RetentionPlan } from './retention.ts';
import type { StageParts } from './stage-parts.ts';
import type { StorageClass, StoredFile } from './stored-file.ts';
import type { WrittenFile } from './write-files.ts';

type Retention = S3Config['retention'];

/** What becomes of the files that are there; only a sync that is whole decides what is old. */
export function retentionOf(
  { attempt, config, context, target }: StageParts,
  latest: Commit | null,
  { complete, adds }: { complete: boolean; adds: boolean },
): RetentionPlan {
  return planRetention(complete ? config.retention : { rule: 'all' }, {
    before: latest?.files ?? [],
    archived: latest?.archived ?? [],
    replaces: target.destinationSyncMode === 'overwrite',
    adds,
    syncId: generationOf({ attempt, target }, latest),
    now: context.clock(),
  });
}

/** The sync whose files these are, when old ones are told by syncs: rows that are loaded again stay with those of the sync before. */
export function generationOf(
  { attempt, target }: Pick<StageParts, 'attempt' | 'target'>,
  latest: Commit | null,
): number {
  const before = target.replays ? (latest?.files ?? []).filter(({ rows }) => rows > 0) : [];
  return before.reduce((newest, { syncId = 0 }) => Math.max(newest, syncId), 0) || attempt.syncId;
}

export function storageClassOf(retention: Retention): StorageClass | undefined {
  if (retention.rule === 'all' || retention.action.action !== 'storage_class') return undefined;
  return retention.action.storageClass;
}

interface Publishing {
  readonly complete: boolean;
  readonly plan: RetentionPlan;
  /** Where the moved files of the plan come to lie, in their order. */
  readonly archiveKeys: readonly string[];
  readonly mark: StageMark;
  readonly tables: Commit['tables'];
  /** Of the table that checks look at. */
  readonly columns: readonly ReadColumn[];
  /** What its tables are called in paths, by their own names. */
  readonly names: ReadonlyMap<string, string>;
  readonly added: readonly StoredFile[];
}

/** The commit that makes a publish count, with all files that readers see from then on. */
export function commitOf(
  parts: StageParts,
  latest: Commit | null,
  { complete, plan, archiveKeys, mark, tables, columns, names, added }: Publishing,
): Commit {
  const { attempt, config, target } = parts;
  assertAllThere(parts, latest, { mark, added });
  const reclassed = new Set(plan.reclassed);
  const storageClass = storageClassOf(config.retention);
  const kept = plan.kept.map((file) => (reclassed.has(file) && storageClass ? { ...file, storageClass } : file));
  const moved = plan.moved.map((file, index) => ({ ...file, key: archiveKeys[index] ?? file.key }));
  const files = [...kept, ...added];
  return {
    syncId: attempt.syncId,
    attempt: attempt.attempt,
    fence: attempt.fence,
    part: mark.parts + 1,
    complete,
    generation: target.generation,
    state: mark.state,
    counts: mark.counts,
    published: {
      ...publishedOf(parts, latest, { files, added, tables, columns, names }),
      publish: publishName(attempt.syncId, mark.parts + 1),
    },
    tables,
    files,
    archived: [...plan.archived, ...moved],
    added: [...added, ...moved].map((file) => file.key),
    removed: [...plan.moved, ...plan.dropped].map((file) => file.key),
    ...(complete && target.replays && { replayed: target.replays }),
    ...(complete && target.destinationSyncMode === 'overwrite' && { readAnew: true as const }),
  };
}

/** What was staged of the sync and is not published yet lies in the files, row by row; else nothing of it counts. */
function assertAllThere(
  { attempt, target }: StageParts,
  latest: Commit | null,
  { mark, added }: Pick<Publishing, 'mark' | 'added'>,
): void {
  const before = latest?.syncId === attempt.syncId ? latest.counts.written : 0;
  const staged = mark.counts.written - before;
  const found = rowsOf(added.filter(isMain));
  if (found === staged) return;
  throw new WeirError({
    kind: 'bug',
    code: 'counts_differ',
    message: `The files that were made for ${target.stream.name} hold ${found} of ${staged} rows that were staged.`,
    hint: 'Nothing was published. Run the sync again; if it stays, look at this machine’s disk, or report this with the log.',
  });
}

/** Of the table that checks look at. */
function publishedOf(
  { config, target }: StageParts,
  latest: Commit | null,
  {
    files,
    added,
    tables,
    columns: read,
    names,
  }: Pick<Publishing, 'added' | 'tables' | 'columns' | 'names'> & {
    readonly files: readonly StoredFile[];
  },
): Published {
  const replaced = target.destinationSyncMode === 'overwrite' ? (latest?.files ?? []) : [];
  const mine = files.filter(isMain);
  const columns = ownColumns(tables);
  const changes = latest === null ? [] : changesOf(ownColumns(latest.tables), columns);
  return {
    relation: relationOf(
      mine.map((file) => `s3://${config.bucket}/${file.key}`),
      read,
    ),
    rows: rowsOf(mine),
    bytes: mine.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    inserted: rowsOf(added.filter(isMain)),
    updated: 0,
    deleted: rowsOf(replaced.filter(isMain)),
    names: namesOf(target.table, columns, names),
    columns: columns.map(({ name, type }) => ({ name, type })),
    ...(changes.length > 0 && { schemaChanges: changes }),
  };
}

function relationOf(files: readonly string[], columns: readonly ReadColumn[]): Relation {
  return { kind: 'parquet', files, ...(columns.length > 0 && { columns }) };
}

/** Those of the stream's own table. */
function ownColumns(tables: readonly SavedTable[]): readonly Column[] {
  return tables.find(({ path }) => path === '')?.columns ?? [];
}

/** The mapping of names, as far as it is more than the field's own name. */
function namesOf(
  table: string,
  columns: readonly Column[],
  names: ReadonlyMap<string, string>,
): NonNullable<Published['names']> {
  const others = [...names].filter(([wanted, name]) => wanted !== table && wanted !== name);
  const mapped = columns.filter(({ field, name }) => field !== name);
  return {
    table: names.get(table) ?? table,
    ...(others.length > 0 && { tables: Object.fromEntries(others) }),
    columns: Object.fromEntries(mapped.map(({ field, name }) => [field.replaceAll('\u0000', '.'), name])),
  };
}

function changesOf(before: readonly Column[], after: readonly Column[]): SchemaChange[] {
  const types = new Map(before.map(({ name, type }) => [name, type]));
  return after.flatMap(({ field, name, type }): SchemaChange[] => {
    const old = types.get(name);
    const shown = field.replaceAll('\u0000', '.');
    if (old === undefined) return [{ change: 'column_added', field: shown, detail: type }];
    return old === type ? [] : [{ change: 'column_widened', field: shown, detail: `${old} → ${type}` }];
  });
}

/** Tells a publish from all others of its stream. */
function publishName(syncId: number, part: number): string {
  return `${syncId}.${part}`;
}

/**
 * The load as checks see it. What is in the bucket is not read for them, but its commit says how many rows there are, and which of them
 * retention will take away.
 */
export function stagedLoad(
  parts: StageParts,
  latest: Commit | null,
  { mark, files, columns }: { mark: StageMark; files: readonly WrittenFile[]; columns: readonly ReadColumn[] },
): StagedLoad {
  const load = relationOf(
    files.map(({ file }) => file),
    columns,
  );
  const { kept } = retentionOf(parts, latest, { complete: true, adds: files.some(({ rows }) => rows > 0) });
  const [before, stays] = [(latest?.files ?? []).filter(isMain), kept.filter(isMain)];
  const replaces = stays.length === 0;
  const isSame = latest !== null && !replaces && stays.length === before.length;
  return {
    ...{ load, added: load, removed: null, after: replaces ? load : null, table: null, uniqueKey: null, replaces },
    tableOf: isSame ? publishName(latest.syncId, latest.part) : null,
    becomes: publishName(parts.attempt.syncId, mark.parts + 1),
    tableRows: rowsOf(stays),
  };
}

function isMain({ table }: StoredFile): boolean {
  return table === undefined;
}

function rowsOf(files: readonly StoredFile[]): number {
  return files.reduce((sum, file) => sum + file.rows, 0);
}
