import type { SchemaColumn } from '#lib/db/schema.ts';

/** A line of a whole schema, against how it was before. */
export interface SchemaLine {
  readonly kind: 'same' | 'added' | 'removed' | 'changed';
  readonly name: string;
  readonly type: string;
  /** The type before, of what changed. */
  readonly was: string | null;
}

/** The whole schema as it is now, in its order; what is gone stands where it was. */
export function diffSchemas(before: readonly SchemaColumn[], after: readonly SchemaColumn[]): SchemaLine[] {
  const old = new Map(before.map(({ name, type }) => [name, type]));
  const now = new Set(after.map(({ name }) => name));
  const lines = after.map(({ name, type }): SchemaLine => {
    const was = old.get(name);
    if (was === undefined) return { kind: 'added', name, type, was: null };
    return was === type ? { kind: 'same', name, type, was: null } : { kind: 'changed', name, type, was };
  });
  return before.reduce((all, { name, type }, index) => {
    if (now.has(name)) return all;
    const previous = before[index - 1];
    const at = previous ? all.findIndex((line) => line.name === previous.name) + 1 : 0;
    return all.toSpliced(at, 0, { kind: 'removed', name, type, was: null });
  }, lines);
}

export interface SchemaCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

export function countLines(lines: readonly SchemaLine[]): SchemaCounts {
  const count = (kind: SchemaLine['kind']) => lines.filter((line) => line.kind === kind).length;
  return { added: count('added'), removed: count('removed'), changed: count('changed') };
}
