import type { Column } from '#lib/records/index.ts';
import type { Published, Relation, SchemaChange, StagedLoad } from '../destination.ts';
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
    syncId: attempt.syncId,
    now: context.clock(),
  });
}

export function archiveKey(retention: Retention, key: string): string {
  const prefix = retention.rule !== 'all' && retention.action.action === 'move' ? retention.action.prefix : 'archive';
  return `${prefix}/${key}`;
}

export function storageClassOf(retention: Retention): StorageClass | undefined {
  if (retention.rule === 'all' || retention.action.action !== 'storage_class') return undefined;
  return retention.action.storageClass;
}

interface Publishing {
  readonly complete: boolean;
  readonly plan: RetentionPlan;
  readonly mark: StageMark;
  readonly tables: Commit['tables'];
  readonly added: readonly StoredFile[];
}

/** The commit that makes a publish count, with all files that readers see from then on. */
export function commitOf(
  parts: StageParts,
  latest: Commit | null,
  { complete, plan, mark, tables, added }: Publishing,
): Commit {
  const { attempt, config, target } = parts;
  const reclassed = new Set(plan.reclassed);
  const storageClass = storageClassOf(config.retention);
  const kept = plan.kept.map((file) => (reclassed.has(file) && storageClass ? { ...file, storageClass } : file));
  const moved = plan.moved.map((file) => ({ ...file, key: archiveKey(config.retention, file.key) }));
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
      ...publishedOf(parts, latest, { files, added, tables }),
      publish: publishName(attempt.syncId, mark.parts + 1),
    },
    tables,
    files,
    archived: [...plan.archived, ...moved],
    added: [...added, ...moved].map((file) => file.key),
    removed: [...plan.moved, ...plan.dropped].map((file) => file.key),
    ...(complete && target.replays && { replayed: target.replays }),
  };
}

/** Of the table that checks look at. */
function publishedOf(
  { config, target }: StageParts,
  latest: Commit | null,
  { files, added, tables }: Pick<Publishing, 'added' | 'tables'> & { readonly files: readonly StoredFile[] },
): Published {
  const replaced = target.destinationSyncMode === 'overwrite' ? (latest?.files ?? []) : [];
  const mine = files.filter(isMain);
  const columns = ownColumns(tables);
  const changes = latest === null ? [] : changesOf(ownColumns(latest.tables), columns);
  return {
    relation: { kind: 'parquet', files: mine.map((file) => `s3://${config.bucket}/${file.key}`) },
    rows: rowsOf(mine),
    bytes: mine.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    inserted: rowsOf(added.filter(isMain)),
    updated: 0,
    deleted: rowsOf(replaced.filter(isMain)),
    names: namesOf(target.table, columns),
    columns: columns.map(({ name, type }) => ({ name, type })),
    ...(changes.length > 0 && { schemaChanges: changes }),
  };
}

/** Those of the stream's own table. */
function ownColumns(tables: readonly SavedTable[]): readonly Column[] {
  return tables.find(({ path }) => path === '')?.columns ?? [];
}

/** The mapping of names, as far as it is more than the field's own name. */
function namesOf(table: string, columns: readonly Column[]): NonNullable<Published['names']> {
  const mapped = columns.filter(({ field, name }) => field !== name);
  return {
    table,
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
  { mark, files }: { mark: StageMark; files: readonly WrittenFile[] },
): StagedLoad {
  const load: Relation = { kind: 'parquet', files: files.map(({ file }) => file) };
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
