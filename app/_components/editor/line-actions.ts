import type * as Monaco from 'monaco-editor';
import type { MonacoApi } from './monaco.ts';

/** Something that can be done at a line, shown as a mark beside its number. */
export interface LineAction {
  readonly line: number;
  /** What it does, for the one who points at it. */
  readonly name: string;
  /** What it came to the last time. */
  readonly state: 'idle' | 'running' | 'pass' | 'warn' | 'fail' | 'error';
  readonly run: () => void;
}

export function actionMarks(
  monaco: MonacoApi,
  model: Monaco.editor.ITextModel,
  actions: readonly LineAction[],
): Monaco.editor.IModelDeltaDecoration[] {
  return actions
    .filter(({ line }) => line <= model.getLineCount())
    .map(({ line, name, state }) => ({
      range: new monaco.Range(line, 1, line, 1),
      options: { glyphMarginClassName: `line-action ${state}`, glyphMarginHoverMessage: { value: name } },
    }));
}

/** Runs what stands at the mark that is pressed. */
export function runPressed(
  monaco: MonacoApi,
  editor: Monaco.editor.IStandaloneCodeEditor,
  actionsOf: () => readonly LineAction[],
): void {
  editor.onMouseDown(({ target }) => {
    if (target.type !== monaco.editor.MouseTargetType.GUTTER_GLYPH_MARGIN) return;
    actionsOf()
      .find(({ line }) => line === target.position?.lineNumber)
      ?.run();
  });
}
