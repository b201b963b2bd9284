import type * as Monaco from 'monaco-editor';
import type { MonacoYaml } from 'monaco-yaml';
import type { JsonObject } from '#lib/json.ts';

export type MonacoApi = typeof Monaco;

/** Documents whose path ends so get this schema's completion and hover. */
export interface EditorSchema {
  readonly fileName: string;
  readonly schema: JsonObject;
}

interface Loaded {
  readonly monaco: MonacoApi;
  /** Gives a kind of document its schema; the newest one counts. */
  setSchema(schema: EditorSchema): void;
}

let loading: Promise<Loaded> | null = null;

/** Monaco with its YAML language, loaded once, when the first editor is shown: there is no `window` on the server. */
export function loadMonaco(): Promise<Loaded> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Loaded> {
  window.MonacoEnvironment = { getWorker: (_moduleId, label) => createWorker(label) };
  const [monaco, { configureMonacoYaml }] = await Promise.all([
    import('monaco-editor/editor/editor.api.js') as unknown as Promise<MonacoApi>,
    import('monaco-yaml'),
    import('monaco-editor/features/register.all.js'),
    import('monaco-editor/languages/definitions/yaml/register.js'),
  ]);
  defineThemes(monaco);
  const schemas = new Map<string, EditorSchema>();
  // Problems come from our own parser, which knows templates and references: the language server must not add its own.
  const yaml: MonacoYaml = configureMonacoYaml(withWorkers(monaco), {
    validate: false,
    completion: true,
    hover: true,
  });
  return {
    monaco,
    setSchema(schema) {
      if (schemas.get(schema.fileName)?.schema === schema.schema) return;
      schemas.set(schema.fileName, schema);
      void yaml.update({ schemas: [...schemas.values()].map(toYamlSchema) });
    },
  };
}

function toYamlSchema({ fileName, schema }: EditorSchema) {
  return { uri: `weir://schema/${fileName}`, fileMatch: [`**/${fileName}`], schema: schema as object };
}

function createWorker(label: string): Worker {
  return label === 'yaml'
    ? new Worker(new URL('./yaml.worker.ts', import.meta.url), { type: 'module' })
    : new Worker(new URL('./editor.worker.ts', import.meta.url), { type: 'module' });
}

interface WebWorkerOptions {
  readonly label?: string;
  readonly moduleId?: string;
  readonly createData?: unknown;
  readonly host?: Record<string, (...args: unknown[]) => unknown>;
  readonly keepIdleModels?: boolean;
}

/**
 * monaco-yaml 5 asks for a worker by label and module; monaco since 0.53 wants the worker itself. The first message
 * is eaten by monaco's bootstrap, the second is what the language service takes as its options.
 */
function withWorkers(monaco: MonacoApi): MonacoApi {
  const createWebWorker = (options: WebWorkerOptions) => {
    const worker = createWorker(options.label ?? '');
    worker.postMessage('ignore');
    worker.postMessage(options.createData);
    const { host, keepIdleModels } = options;
    return monaco.editor.createWebWorker({ worker, host, keepIdleModels } as never);
  };
  return { ...monaco, editor: { ...monaco.editor, createWebWorker } } as MonacoApi;
}

const BRACKET_COLOURS = [1, 2, 3, 4, 5, 6].map((level) => `editorBracketHighlight.foreground${level}`);

const CHOSEN_BACKGROUNDS = ['editorSuggestWidget.selectedBackground', 'list.hoverBackground'];
const CHOSEN_TEXTS = [
  ...['editorSuggestWidget.selectedForeground', 'editorSuggestWidget.selectedIconForeground'],
  ...['editorSuggestWidget.focusHighlightForeground', 'list.hoverForeground'],
];

/** The colours of look.md; Monaco takes no CSS variables. */
function defineThemes(monaco: MonacoApi): void {
  const theme = (base: 'vs' | 'vs-dark', c: Record<string, string>) => ({
    base,
    inherit: true,
    rules: [
      { token: 'type', foreground: c.key },
      { token: 'string', foreground: c.text },
      { token: 'number', foreground: c.number },
      { token: 'keyword', foreground: c.number },
      { token: 'comment', foreground: c.comment, fontStyle: 'italic' },
      { token: 'operators', foreground: c.punctuation },
      { token: 'delimiter', foreground: c.punctuation },
    ],
    colors: {
      'editor.background': `#${c.surface}`,
      'editor.foreground': `#${c.foreground}`,
      'editorLineNumber.foreground': `#${c.comment}`,
      // A model brings a colouring of its own, which the option of the editor leaves on.
      ...Object.fromEntries(BRACKET_COLOURS.map((name) => [name, `#${c.punctuation}`])),
      'editor.lineHighlightBackground': `#${c.hover}`,
      'editorIndentGuide.background1': `#${c.line}`,
      'editorWidget.background': `#${c.surface}`,
      'editorWidget.border': `#${c.line2}`,
      'menu.background': `#${c.surface}`,
      'menu.foreground': `#${c.foreground}`,
      // What is chosen in its lists: its own blue is as loud as an alarm, and a single suggestion is a bar of it.
      ...Object.fromEntries(CHOSEN_BACKGROUNDS.map((name) => [name, `#${c.chosen}`])),
      ...Object.fromEntries(CHOSEN_TEXTS.map((name) => [name, `#${c.foreground}`])),
      'editorError.foreground': `#${c.error}`,
      'editorWarning.foreground': `#${c.warning}`,
      // Faint, so that comments can be read on them; the signs in the margin say the same.
      'diffEditor.removedLineBackground': `#${c.error}0a`,
      'diffEditor.removedTextBackground': `#${c.error}14`,
      'diffEditor.insertedLineBackground': `#${c.text}0a`,
      'diffEditor.insertedTextBackground': `#${c.text}14`,
    },
  });
  monaco.editor.defineTheme('weir-light', theme('vs', LIGHT));
  monaco.editor.defineTheme('weir-dark', theme('vs-dark', DARK));
}

const LIGHT = {
  ...{ key: '194f81', text: '115a48', number: '764516', comment: '626a70', punctuation: '495157' },
  ...{
    surface: 'ffffff',
    foreground: '13191d',
    hover: 'f4f6f8',
    chosen: 'e9f3fe',
    line: 'e0e3e6',
    line2: 'caced2',
    error: 'c83122',
    warning: 'c57c06',
  },
};
const DARK = {
  ...{ key: '95c3eb', text: '8ed5bc', number: 'e8c089', comment: '8a9297', punctuation: 'aab0b5' },
  ...{
    surface: '121518',
    foreground: 'e7eaec',
    hover: '181c1f',
    chosen: '14283c',
    line: '252a2d',
    line2: '3b4145',
    error: 'e14b39',
    warning: 'f3b94c',
  },
};
