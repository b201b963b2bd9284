import { isMap, isSeq, parseDocument, type YAMLSeq } from 'yaml';
import type { Suggestion } from './suggest-checks.ts';

/** The suite's text with one more check at the end of its kind; comments and order stay. */
export function addCheck(text: string, { kind, params }: Pick<Suggestion, 'kind' | 'params'>): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  if (!isMap(document.contents)) document.contents = document.createNode({}) as never;
  const node = document.createNode(inOrder(params), { flow: true });
  const there = document.get(kind, true);
  if (isSeq(there)) there.add(node);
  else {
    const list = document.createNode([]) as YAMLSeq;
    list.items = isMap(there) ? [there, node] : [node];
    document.set(kind, list);
  }
  return document.toString({ lineWidth: 120, flowCollectionPadding: false });
}

/** What is looked at comes first, what a failure means last. */
function inOrder(params: Suggestion['params']): Suggestion['params'] {
  const rank = (name: string) => (/column/.test(name) ? 0 : name === 'level' ? 2 : 1);
  return Object.fromEntries(Object.entries(params).toSorted(([a], [b]) => rank(a) - rank(b)));
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
