import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { componentAt } from '#lib/manifest/component-at.ts';
import { rangeInText, removeFromText, setInText, type TextPath } from '#lib/manifest/edit-text.ts';
import { definitionAt, usesAt } from '#lib/manifest/references-in-text.ts';
import { type KnownData, suggestionsAt } from '#lib/manifest/suggestions.ts';
import type { EditorAssist, QuickFix } from '../../../_components/editor/assist.ts';
import type { EditorIssue } from '../../../_components/editor/markers.ts';
import { definitionOf, propertiesOf, startValue } from './start-value.ts';
import type { TestRun } from './use-test-read.ts';

/** What the editor of a manifest knows beyond the schema: data of the last test, names of the text, and how problems are mended. */
export function assistManifest(schema: JsonObject, known: () => KnownData): EditorAssist {
  return {
    suggest: (text, offset) => suggestionsAt(text, offset, known()),
    fixes: (text, issue) => fixesOf(text, issue, schema),
    definition: definitionAt,
    uses: usesAt,
  };
}

/** What the last test saw, with the names that the schema brings. */
export function knownData(
  run: TestRun,
  { spec, streams, schema }: { spec: JsonObject | null; streams: readonly { name: string }[]; schema: JsonObject },
): KnownData {
  const names = isJsonObject(schema['x-template-names']) ? schema['x-template-names'] : {};
  const list = (value: JsonValue | undefined) => (Array.isArray(value) ? value.map(String) : []);
  return {
    response: lastAnswer(run),
    records: run.pages.flatMap((page) => page.raw ?? page.records),
    config: isJsonObject(spec?.properties) ? Object.keys(spec.properties) : [],
    streams: streams.map(({ name }) => name),
    ...{ functions: list(names.functions), filters: list(names.filters) },
  };
}

function lastAnswer({ exchanges }: TestRun): JsonValue {
  const answered = exchanges.findLast(({ response }) => response !== undefined && response.status < 400);
  try {
    return JSON.parse(answered?.response?.body ?? 'null') as JsonValue;
  } catch {
    return null;
  }
}

const WORD = /[\w$.#/-]/;

/** Edits that mend a problem, the likeliest first. */
export function fixesOf(text: string, issue: EditorIssue, schema: JsonObject): QuickFix[] {
  const { fix } = issue;
  if (!fix) return [];
  const path: TextPath = (issue.path ?? '').split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  if ('replace' in fix) {
    const { from, to } = wordAt(text, issue);
    const word =
      /^[#&*]/.test(fix.replace) && !/["']/.test(text.charAt(from - 1)) ? JSON.stringify(fix.replace) : fix.replace;
    return [{ title: `Change to ${fix.replace}`, edit: { from, to, text: word } }];
  }
  if ('remove' in fix) {
    const edit = removeFromText(text, path);
    return edit ? [{ title: `Remove ${fix.remove}`, edit }] : [];
  }
  // What is there and leads nowhere is mended where it leads.
  if (rangeInText(text, [...path, fix.add])) return [];
  const at = rangeInText(text, path)?.from ?? 0;
  const kind = definitionOf(schema, componentAt(text, at + 1)?.type ?? '');
  const edit = setInText(text, [...path, fix.add], startValue(schema, propertiesOf(kind)[fix.add]));
  return edit ? [{ title: `Add ${fix.add}`, edit }] : [];
}

/** The word around the place that is marked: a template's problem marks only its first character. */
function wordAt(text: string, { line, column, endLine, endColumn }: EditorIssue): { from: number; to: number } {
  const lines = text.split('\n');
  const startOf = (number: number) => lines.slice(0, number - 1).reduce((sum, each) => sum + each.length + 1, 0);
  let from = startOf(line) + column - 1;
  let to = startOf(endLine) + endColumn - 1;
  if (/["']/.test(text.charAt(from))) [from, to] = [from + 1, Math.max(from + 1, to - 1)];
  if (to - from <= 1) while (to < text.length && /\w/.test(text.charAt(to))) to++;
  while (to > from && !WORD.test(text.charAt(to - 1))) to--;
  return { from, to };
}
