import { isMap, isSeq, parseDocument } from 'yaml';
import type { Suggestion } from './suggest-checks.ts';

/** The suite's text with one more check at the end of its kind; comments and order stay. */
export function addCheck(text: string, { kind, params }: Pick<Suggestion, 'kind' | 'params'>): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  if (!isMap(document.contents)) document.contents = document.createNode({}) as never;
  const node = document.createNode(params, { flow: true });
  const there = document.get(kind, true);
  if (isSeq(there)) there.add(node);
  else document.set(kind, document.createNode(isMap(there) ? [there.toJSON(), params] : [params]));
  return document.toString({ lineWidth: 120 });
}

/** Whether the text declares the very check already. */
export function hasCheck(text: string, { kind, params }: Pick<Suggestion, 'kind' | 'params'>): boolean {
  const document = parseDocument(text);
  const declared: unknown =
    document.errors.length > 0 ? null : (document.toJS() as Record<string, unknown> | null)?.[kind];
  const checks = Array.isArray(declared) ? declared : [declared];
  const { column, unique_columns } = params;
  return checks.some((check) => {
    const known = (check ?? {}) as Record<string, unknown>;
    return (
      check !== null &&
      check !== undefined &&
      known.column === column &&
      JSON.stringify(known.unique_columns) === JSON.stringify(unique_columns)
    );
  });
}
