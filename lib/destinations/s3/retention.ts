import type { Issue } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { STORAGE_CLASSES, type StorageClass, type StoredFile } from './stored-file.ts';

/** Which files are old. `age`: published so many days ago. `generations`: not of the last so many syncs that brought files. */
export type RetentionRule =
  | { readonly rule: 'all' }
  | { readonly rule: 'age'; readonly days: number; readonly action: RetentionAction }
  | { readonly rule: 'generations'; readonly count: number; readonly action: RetentionAction };

export type RetentionAction =
  | { readonly action: 'delete' }
  | { readonly action: 'move'; readonly prefix: string }
  | { readonly action: 'storage_class'; readonly storageClass: StorageClass };

export interface RetentionPlan {
  /** What readers go on seeing. */
  readonly kept: readonly StoredFile[];
  /** Of the kept, those that get another storage class now. */
  readonly reclassed: readonly StoredFile[];
  /** What moves out of the read path into the archive. */
  readonly moved: readonly StoredFile[];
  /** What stays in the archive. */
  readonly archived: readonly StoredFile[];
  /** What is deleted, of the read path or of the archive. */
  readonly dropped: readonly StoredFile[];
}

export interface RetentionInput {
  /** The files so far; of an append they stay, an overwrite has replaced them. */
  readonly before: readonly StoredFile[];
  readonly replaces: boolean;
  readonly archived: readonly StoredFile[];
  /** Whether this sync brings files of its own, which count as the newest generation. */
  readonly adds: boolean;
  readonly syncId: number;
  readonly now: Date;
}

/**
 * What becomes of the files of earlier syncs. Replaced files leave the read path at once: where they are moved, the rule says how long
 * the archive keeps them; else they are deleted. Files of an append stay until the rule calls them old.
 */
export function planRetention(rule: RetentionRule, input: RetentionInput): RetentionPlan {
  const { before, archived, replaces } = input;
  const nothing: RetentionPlan = { kept: before, reclassed: [], moved: [], archived, dropped: [] };
  if (rule.rule === 'all') return replaces ? { ...nothing, kept: [], dropped: before } : nothing;
  const { action } = rule;
  if (replaces) {
    if (action.action !== 'move') return { ...nothing, kept: [], dropped: before };
    const old = oldOnes(rule, [...archived, ...before], input);
    return {
      kept: [],
      reclassed: [],
      moved: before.filter((file) => !old.has(file)),
      archived: archived.filter((file) => !old.has(file)),
      dropped: [...archived, ...before].filter((file) => old.has(file)),
    };
  }
  const old = oldOnes(rule, before, input);
  const rest = before.filter((file) => !old.has(file));
  if (action.action === 'move') return { ...nothing, kept: rest, moved: [...old] };
  if (action.action === 'delete') return { ...nothing, kept: rest, dropped: [...old] };
  return { ...nothing, reclassed: [...old].filter((file) => file.storageClass !== action.storageClass) };
}

function oldOnes(
  rule: Exclude<RetentionRule, { rule: 'all' }>,
  files: readonly StoredFile[],
  { adds, syncId, now }: RetentionInput,
): Set<StoredFile> {
  if (rule.rule === 'age') {
    const limit = now.getTime() - rule.days * 24 * 3_600_000;
    return new Set(files.filter((file) => Date.parse(file.at ?? now.toISOString()) < limit));
  }
  const syncs = new Set(files.map((file) => file.syncId ?? 0));
  if (adds) syncs.add(syncId);
  const kept = new Set([...syncs].toSorted((a, b) => b - a).slice(0, rule.count));
  return new Set(files.filter((file) => !kept.has(file.syncId ?? 0)));
}

const actionSpec: JsonObject = {
  title: 'Old files are',
  type: 'object',
  order: 2,
  default: { action: 'delete' },
  oneOf: [
    {
      title: 'Deleted',
      required: ['action'],
      properties: { action: { type: 'string', const: 'delete', default: 'delete' } },
    },
    {
      title: 'Moved to another prefix',
      description: 'Out of the readers’ sight, in the same bucket. Replaced files of an overwrite go there too.',
      required: ['action', 'prefix'],
      properties: {
        action: { type: 'string', const: 'move', default: 'move' },
        prefix: { title: 'Prefix', type: 'string', minLength: 1, default: 'archive', examples: ['archive'] },
      },
    },
    {
      title: 'Given another storage class',
      description: 'They stay where they are; Amazon S3 and stores that know the class charge less for them.',
      required: ['action', 'storage_class'],
      properties: {
        action: { type: 'string', const: 'storage_class', default: 'storage_class' },
        storage_class: { title: 'Storage class', type: 'string', enum: [...STORAGE_CLASSES], default: 'STANDARD_IA' },
      },
    },
  ],
};

export const retentionSpec: JsonObject = {
  title: 'Retention',
  description: 'What becomes of files of earlier syncs. Applied at the end of each sync that succeeds.',
  type: 'object',
  default: { rule: 'all' },
  oneOf: [
    {
      title: 'Keep everything',
      required: ['rule'],
      properties: { rule: { type: 'string', const: 'all', default: 'all' } },
    },
    {
      title: 'By age',
      required: ['rule', 'days', 'old_files'],
      properties: {
        rule: { type: 'string', const: 'age', default: 'age' },
        days: { title: 'Days', type: 'integer', minimum: 1, default: 90, order: 1 },
        old_files: actionSpec,
      },
    },
    {
      title: 'By number of syncs',
      required: ['rule', 'count', 'old_files'],
      properties: {
        rule: { type: 'string', const: 'generations', default: 'generations' },
        count: { title: 'Syncs to keep, the newest included', type: 'integer', minimum: 1, default: 7, order: 1 },
        old_files: actionSpec,
      },
    },
  ],
};

export function readRetention(given: JsonValue | undefined, issues: Issue[]): RetentionRule {
  const options = isJsonObject(given) ? given : { rule: 'all' };
  switch (options.rule ?? 'all') {
    case 'all':
      return { rule: 'all' };
    case 'age':
      return { rule: 'age', days: readCount(options, 'days', issues), action: readAction(options.old_files, issues) };
    case 'generations':
      return {
        rule: 'generations',
        count: readCount(options, 'count', issues),
        action: readAction(options.old_files, issues),
      };
    default:
      issues.push({ path: 'retention.rule', message: 'retention.rule is none of all, age, generations.' });
      return { rule: 'all' };
  }
}

function readCount(options: JsonObject, name: string, issues: Issue[]): number {
  const count = Number(options[name]);
  if (!Number.isInteger(count) || count < 1)
    issues.push({ path: `retention.${name}`, message: `retention.${name} takes a whole number from 1.` });
  return count;
}

function readAction(given: JsonValue | undefined, issues: Issue[]): RetentionAction {
  const options = isJsonObject(given) ? given : { action: 'delete' };
  if (options.action === 'delete') return { action: 'delete' };
  if (options.action === 'move') {
    const prefix = String(options.prefix ?? '').replace(/^\/+|\/+$/g, '');
    if (prefix === '') issues.push({ path: 'retention.old_files.prefix', message: 'The archive’s prefix is missing.' });
    return { action: 'move', prefix };
  }
  const storageClass = STORAGE_CLASSES.find((one) => one === options.storage_class);
  if (options.action === 'storage_class' && storageClass) return { action: 'storage_class', storageClass };
  const message = 'retention.old_files takes delete, move with a prefix, or storage_class with one that S3 knows.';
  issues.push({ path: 'retention.old_files', message });
  return { action: 'delete' };
}
