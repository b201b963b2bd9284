import type * as Monaco from 'monaco-editor';
import type { TextEdit } from '#lib/manifest/edit-text.ts';
import type { TextRange } from '#lib/manifest/references-in-text.ts';
import type { Suggestion } from '#lib/manifest/suggestions.ts';
import { type EditorIssue, toMarker } from './markers.ts';
import type { MonacoApi } from './monaco.ts';

/** One way to mend a problem. */
export interface QuickFix {
  readonly title: string;
  readonly edit: TextEdit;
}

/** What an editor knows beyond its schema. Offsets count from the start of the text. */
export interface EditorAssist {
  readonly suggest?: (text: string, offset: number) => readonly Suggestion[];
  readonly fixes?: (text: string, issue: EditorIssue) => readonly QuickFix[];
  readonly definition?: (text: string, offset: number) => TextRange | null;
  readonly uses?: (text: string, offset: number) => readonly TextRange[];
}

interface Assisted {
  readonly assist?: EditorAssist;
  readonly issues?: readonly EditorIssue[];
}

/** By model: the providers belong to the language, and so to all editors of a page. */
const assisted = new Map<string, () => Assisted>();
let registered = false;

/** Gives a document its assistance; returns what takes it away. */
export function assistModel(monaco: MonacoApi, model: Monaco.editor.ITextModel, of: () => Assisted): () => void {
  if (!registered) register(monaco);
  registered = true;
  const key = model.uri.toString();
  assisted.set(key, of);
  return () => assisted.delete(key);
}

function register(monaco: MonacoApi): void {
  const { languages } = monaco;
  languages.registerCompletionItemProvider('yaml', {
    triggerCharacters: ['{', '[', "'", '"', '.', '|', '#', '/', ' '],
    provideCompletionItems: (model, position) => ({ suggestions: completions(monaco, model, position) }),
  });
  languages.registerCodeActionProvider('yaml', {
    provideCodeActions: (model, range) => ({ actions: codeActions(monaco, model, range), dispose: () => {} }),
  });
  languages.registerDefinitionProvider('yaml', {
    provideDefinition(model, position) {
      const found = of(model).assist?.definition?.(model.getValue(), model.getOffsetAt(position));
      return found ? { uri: model.uri, range: rangeOf(monaco, model, found) } : null;
    },
  });
  languages.registerReferenceProvider('yaml', {
    provideReferences: (model, position) =>
      [...(of(model).assist?.uses?.(model.getValue(), model.getOffsetAt(position)) ?? [])].map((use) => ({
        ...{ uri: model.uri, range: rangeOf(monaco, model, use) },
      })),
  });
}

function of(model: Monaco.editor.ITextModel): Assisted {
  return assisted.get(model.uri.toString())?.() ?? {};
}

function completions(
  monaco: MonacoApi,
  model: Monaco.editor.ITextModel,
  position: Monaco.Position,
): Monaco.languages.CompletionItem[] {
  const offset = model.getOffsetAt(position);
  const suggestions = of(model).assist?.suggest?.(model.getValue(), offset) ?? [];
  return suggestions.map(({ text, detail, from }, index) => {
    const range = rangeOf(monaco, model, { from, to: offset });
    return {
      ...{ label: { label: text, description: detail }, insertText: text, range, filterText: text },
      kind: monaco.languages.CompletionItemKind.Value,
      // What was seen of the data stands before what the schema allows.
      sortText: `0${String(index).padStart(4, '0')}`,
    };
  });
}

function codeActions(
  monaco: MonacoApi,
  model: Monaco.editor.ITextModel,
  range: Monaco.Range,
): Monaco.languages.CodeAction[] {
  const { assist, issues = [] } = of(model);
  const toRange = toMarker(monaco.MarkerSeverity);
  return issues
    .map((issue) => ({ issue, marker: toRange(issue) }))
    .filter(({ marker }) => monaco.Range.areIntersectingOrTouching(range, marker))
    .flatMap(({ issue, marker }) =>
      (assist?.fixes?.(model.getValue(), issue) ?? []).map(({ title, edit }, index) => ({
        ...{ title, kind: 'quickfix', diagnostics: [marker], isPreferred: index === 0 },
        edit: { edits: [{ resource: model.uri, versionId: undefined, textEdit: asEdit(monaco, model, edit) }] },
      })),
    );
}

function asEdit(monaco: MonacoApi, model: Monaco.editor.ITextModel, { from, to, text }: TextEdit) {
  return { range: rangeOf(monaco, model, { from, to }), text };
}

function rangeOf(monaco: MonacoApi, model: Monaco.editor.ITextModel, { from, to }: TextRange): Monaco.Range {
  return monaco.Range.fromPositions(model.getPositionAt(from), model.getPositionAt(to));
}
