'use client';

import type * as Monaco from 'monaco-editor';
import { useEffect, useId, useImperativeHandle, useRef, useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import type { TextEdit } from '#lib/manifest/edit-text.ts';
import { assistModel, type EditorAssist } from './assist.ts';
import { actionMarks, type LineAction, runPressed } from './line-actions.ts';
import { type EditorIssue, toMarker } from './markers.ts';
import { loadMonaco, type MonacoApi } from './monaco.ts';

export type { EditorAssist } from './assist.ts';
export type { EditorIssue } from './markers.ts';

export interface YamlEditorHandle {
  /** Shows a place and puts the cursor there. */
  reveal(line: number, column?: number): void;
  /** The same by an offset from the start of the text. */
  revealOffset(offset: number): void;
  /** Changes the text as typing does: one step to undo. */
  edit(edit: TextEdit): void;
  focus(): void;
  /** Runs an action of the editor, such as `editor.action.formatDocument`. */
  run(action: string): void;
}

/** A few words behind a line, from 1. */
export interface LineNote {
  readonly line: number;
  readonly text: string;
  /** It asks to be looked at. */
  readonly isBad?: boolean;
}

interface Props {
  readonly value: string;
  /** With the first line that changed, from 1. */
  readonly onChange?: (value: string, line: number) => void;
  /** Names the document; its last part chooses the schema: `…/manifest.yaml`, `…/suite.yaml`. */
  readonly path: string;
  readonly schema: JsonObject | null;
  readonly issues?: readonly EditorIssue[];
  /** What templates come to, shown behind them: the text that stands in the document, and its value. */
  readonly values?: readonly { readonly template: string; readonly value: string }[];
  /** Completion by data, quick fixes, definitions and uses. */
  readonly assist?: EditorAssist;
  /** Shown behind lines, such as what a check came to. */
  readonly notes?: readonly LineNote[];
  /** What can be run at lines, by a mark beside their numbers. */
  readonly actions?: readonly LineAction[];
  readonly label: string;
  readonly readOnly?: boolean;
  readonly onCursor?: (line: number, column: number, offset: number) => void;
  readonly onSave?: () => void;
  readonly onRun?: () => void;
  readonly ref?: React.Ref<YamlEditorHandle>;
}

const TEMPLATE = /\{\{.*?\}\}|\{%.*?%\}/g;
const OPTIONS: Monaco.editor.IStandaloneEditorConstructionOptions = {
  automaticLayout: true,
  minimap: { enabled: false },
  scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10 },
  fontFamily: 'var(--font-mono)',
  fontLigatures: false,
  fontSize: 12,
  lineHeight: 20,
  tabSize: 2,
  insertSpaces: true,
  detectIndentation: false,
  scrollBeyondLastLine: false,
  renderLineHighlight: 'line',
  quickSuggestions: { other: true, comments: false, strings: true },
  suggest: { showWords: false },
  overviewRulerLanes: 1,
  padding: { top: 8, bottom: 8 },
  fixedOverflowWidgets: true,
  // Screen readers get the text itself; Monaco's own guess needs a prompt that interrupts.
  accessibilitySupport: 'on',
  // The number of an empty last line is drawn too faint to read.
  renderFinalNewline: 'on',
  stickyScroll: { enabled: false },
};

/** Monaco for one YAML document: completion and hover from `schema`, markers from `issues`, Ctrl-S and Ctrl-Enter handed out. */
export function YamlEditor(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<{ monaco: MonacoApi; editor: Monaco.editor.IStandaloneCodeEditor } | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const handedOut = useRef<string[]>([]);
  const hintId = useId();
  const { schema } = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once per document; later props reach it through `latest`
  useEffect(() => {
    let disposed = false;
    let dispose = () => {};
    void loadMonaco().then(({ monaco }) => {
      if (disposed || host.current === null) return;
      const created = create(monaco, host.current, { latest, handedOut });
      dispose = created.dispose;
      setEditor({ monaco, editor: created.editor });
    });
    return () => {
      disposed = true;
      dispose();
      setEditor(null);
    };
  }, [props.path]);

  useEffect(() => {
    if (schema === null) return;
    void loadMonaco().then(({ setSchema }) =>
      setSchema({ fileName: props.path.split('/').at(-1) ?? props.path, schema }),
    );
  }, [schema, props.path]);

  useEffect(() => {
    const model = editor?.editor.getModel();
    // What was typed comes back as a value, maybe after more was typed: it stands there already, or did.
    const known = handedOut.current.indexOf(props.value);
    handedOut.current.splice(0, known + 1);
    if (!model || known !== -1 || model.getValue() === props.value) return;
    // A text that came from outside (another version, a restored draft) replaces ours.
    model.setValue(props.value);
    handedOut.current = [];
  }, [editor, props.value]);

  useEffect(() => {
    const model = editor?.editor.getModel();
    if (editor && model)
      editor.monaco.editor.setModelMarkers(
        model,
        'weir',
        (props.issues ?? []).map(toMarker(editor.monaco.MarkerSeverity)),
      );
  }, [editor, props.issues]);

  useEffect(() => {
    const model = editor?.editor.getModel();
    if (!editor || !model) return;
    const shown = editor.editor.createDecorationsCollection(valueDecorations(model, props.values ?? []));
    return () => shown.clear();
  }, [editor, props.values]);

  useEffect(() => {
    const model = editor?.editor.getModel();
    if (!editor || !model) return;
    const shown = editor.editor.createDecorationsCollection(noteDecorations(editor.monaco, model, props.notes ?? []));
    return () => shown.clear();
  }, [editor, props.notes]);

  useEffect(() => {
    const model = editor?.editor.getModel();
    if (!editor || !model || !props.actions) return;
    const shown = editor.editor.createDecorationsCollection(actionMarks(editor.monaco, model, props.actions));
    return () => shown.clear();
  }, [editor, props.actions]);

  useEffect(() => editor?.editor.updateOptions({ readOnly: props.readOnly ?? false }), [editor, props.readOnly]);

  useImperativeHandle(
    props.ref,
    () => ({
      reveal(line, column = 1) {
        editor?.editor.revealLineInCenter(line);
        editor?.editor.setPosition({ lineNumber: line, column });
        editor?.editor.focus();
      },
      revealOffset(offset) {
        const place = editor?.editor.getModel()?.getPositionAt(offset);
        if (!place) return;
        editor?.editor.revealLineInCenter(place.lineNumber);
        editor?.editor.setPosition(place);
        editor?.editor.focus();
      },
      edit({ from, to, text }) {
        const model = editor?.editor.getModel();
        if (!editor || !model) return;
        const range = editor.monaco.Range.fromPositions(model.getPositionAt(from), model.getPositionAt(to));
        editor.editor.pushUndoStop();
        editor.editor.executeEdits('form', [{ range, text }]);
        editor.editor.pushUndoStop();
      },
      focus() {
        editor?.editor.focus();
      },
      run(action) {
        editor?.editor.focus();
        void editor?.editor.getAction(action)?.run();
      },
    }),
    [editor],
  );

  return (
    <div className="yaml-editor" data-ready={editor !== null}>
      <div ref={host} className="yaml-editor-host" aria-describedby={hintId} />
      {editor === null && <pre className="yaml-editor-loading code">{props.value}</pre>}
      <span id={hintId} className="sr-only">
        Press Escape, then Tab, to leave the editor.
      </span>
    </div>
  );
}

interface Held {
  readonly latest: React.RefObject<Props>;
  /** Texts that `onChange` was told of and that have not come back as the value yet. */
  readonly handedOut: React.RefObject<string[]>;
}

/** A parent that takes no change would let them grow. */
const MOST_HANDED_OUT = 50;

function create(monaco: MonacoApi, host: HTMLElement, { latest, handedOut }: Held) {
  const props = latest.current;
  const model = monaco.editor.createModel(props.value, 'yaml', monaco.Uri.parse(`weir:///${props.path}`));
  const editor = monaco.editor.create(host, {
    ...OPTIONS,
    model,
    theme: themeName(),
    ariaLabel: props.label,
    glyphMargin: props.actions !== undefined,
    readOnly: props.readOnly ?? false,
  });
  const templates = editor.createDecorationsCollection();
  // Only what is on the screen: a manifest may have fifty thousand lines.
  const paint = () => templates.set(templateDecorations(monaco, model, editor.getVisibleRanges()));
  paint();
  editor.onDidScrollChange(paint);
  editor.onDidLayoutChange(paint);
  model.onDidChangeContent(({ changes }) => {
    paint();
    const first = Math.min(...changes.map(({ range }) => range.startLineNumber));
    const text = model.getValue();
    handedOut.current = [...handedOut.current, text].slice(-MOST_HANDED_OUT);
    latest.current.onChange?.(text, first);
  });
  editor.onDidChangeCursorPosition(({ position }) =>
    latest.current.onCursor?.(position.lineNumber, position.column, model.getOffsetAt(position)),
  );
  editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => latest.current.onSave?.());
  editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => latest.current.onRun?.());
  runPressed(monaco, editor, () => latest.current.actions ?? []);
  leaveByEscapeTab(monaco, editor);
  const forgetAssist = assistModel(monaco, model, () => latest.current);
  const unwatch = watchTheme(() => monaco.editor.setTheme(themeName()));
  return {
    editor,
    dispose() {
      unwatch();
      forgetAssist();
      editor.dispose();
      model.dispose();
    },
  };
}

/** Tab indents; after Escape it moves on, once, so that the keyboard is never trapped. */
function leaveByEscapeTab(monaco: MonacoApi, editor: Monaco.editor.IStandaloneCodeEditor): void {
  let leaving = false;
  editor.onKeyDown((event) => {
    if (event.keyCode === monaco.KeyCode.Escape) leaving = true;
    else if (event.keyCode === monaco.KeyCode.Tab && leaving) event.browserEvent.stopImmediatePropagation();
    else leaving = false;
    editor.updateOptions({ tabFocusMode: leaving });
  });
  editor.onDidBlurEditorWidget(() => {
    leaving = false;
    editor.updateOptions({ tabFocusMode: false });
  });
}

/** Hints behind the templates; they move with the text, and are made anew with the next values. */
function valueDecorations(model: Monaco.editor.ITextModel, values: Props['values'] = []) {
  return values.flatMap(({ template, value }) =>
    model
      .findMatches(template, false, false, true, null, false, MOST_PLACES)
      .map(({ range }): Monaco.editor.IModelDeltaDecoration => {
        const content = ` → ${value === '' ? 'empty' : value}`;
        return { range, options: { after: { content, inlineClassName: 'template-value' } } };
      }),
  );
}

function noteDecorations(monaco: MonacoApi, model: Monaco.editor.ITextModel, notes: readonly LineNote[]) {
  return notes
    .filter(({ line }) => line <= model.getLineCount())
    .map(({ line, text, isBad }): Monaco.editor.IModelDeltaDecoration => {
      const end = model.getLineMaxColumn(line);
      const after = { content: ` → ${text}`, inlineClassName: `template-value${isBad ? ' bad' : ''}` };
      const options = { after, showIfCollapsed: true };
      return { range: new monaco.Range(line, end, line, end), options };
    });
}

/** A template that stands in more places than these is shown in the first of them. */
const MOST_PLACES = 200;

function templateDecorations(
  monaco: MonacoApi,
  model: Monaco.editor.ITextModel,
  visible: readonly Monaco.Range[],
): Monaco.editor.IModelDeltaDecoration[] {
  const lines = visible.flatMap(({ startLineNumber: first, endLineNumber: last }) =>
    Array.from({ length: Math.min(last, model.getLineCount()) - first + 1 }, (_, index) => first + index),
  );
  return lines.flatMap((line) =>
    [...model.getLineContent(line).matchAll(TEMPLATE)].map((match) => ({
      range: new monaco.Range(line, match.index + 1, line, match.index + match[0].length + 1),
      options: { inlineClassName: 'template-text' },
    })),
  );
}

function themeName(): string {
  return getComputedStyle(document.documentElement).colorScheme === 'dark' || prefersDark()
    ? 'weir-dark'
    : 'weir-light';
}

function prefersDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

function watchTheme(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  const query = matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', onChange);
  return () => {
    observer.disconnect();
    query.removeEventListener('change', onChange);
  };
}
