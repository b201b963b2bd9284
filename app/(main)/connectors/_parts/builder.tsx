'use client';

import { useRouter } from 'next/navigation';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Connector } from '#lib/connections/connectors.ts';
import type { JsonObject } from '#lib/json.ts';
import { streamsInText } from '#lib/manifest/streams-in-text.ts';
import { testsInText } from '#lib/manifest/tests-in-text.ts';
import { ApiError, api } from '../../../_components/api.ts';
import { YamlEditor, type YamlEditorHandle } from '../../../_components/editor/yaml-editor.tsx';
import { startConfig } from '../../../_components/schema-form/schema-form.tsx';
import { type PageCommand, usePageCommands } from '../../../_components/shell/page-commands.ts';
import {
  forgetUnsavedTestValues,
  keptTestValues,
  rememberTestValues,
  testValuesOf,
} from '../../../_components/test-values.ts';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { assistManifest, fixesOf, knownData } from './assist-manifest.ts';
import { ComponentPanel } from './component-panel.tsx';
import { Conflict, textOf } from './conflict.tsx';
import { Outline } from './outline.tsx';
import { Problems } from './problems.tsx';
import { type SaveInput, SaveVersion } from './save-version.tsx';
import { SchemaPanel } from './schema-panel.tsx';
import { SIDES, SidePanel } from './side-panel.tsx';
import { USUAL_OPTIONS } from './test-options.tsx';
import { TestPanel } from './test-panel.tsx';
import { TestsPanel } from './tests-panel.tsx';
import { useDraft } from './use-draft.ts';
import { useSettled } from './use-settled.ts';
import { useTestEdits } from './use-test-edits.ts';
import { useTestRead } from './use-test-read.ts';
import { useValidation } from './use-validation.ts';
import { VersionBar } from './version-bar.tsx';
import { Versions } from './versions.tsx';

interface Props {
  /** Null for one that is not saved yet. */
  readonly connector: Wire<Connector> | null;
  readonly name: string;
  readonly manifest: string;
  /** Values to test with, where some are known. */
  readonly values?: JsonObject;
  readonly schema: JsonObject;
}

const PARTS = ['outline', 'editor', 'test'] as const;
type Part = (typeof PARTS)[number];
const PART_NAMES: Record<Part, string> = { outline: 'Outline', editor: 'YAML', test: 'Test' };

/** Manifest, problems and a test with the real engine, side by side; on a phone one at a time. */
export function Builder({ connector, schema, ...initial }: Props) {
  const [name, setName] = useState(initial.name);
  const [edited, setEdited] = useState({ text: initial.manifest, line: 1 });
  const manifest = edited.text;
  const [values, setValues] = useState<JsonObject>(initial.values ?? testValuesOf(connector?.id));
  const [stream, setStream] = useQueryState('stream');
  const [shown, setShown] = useState<Part>('editor');
  const [dialog, setDialog] = useState<'save' | 'versions' | 'values' | null>(null);
  const [options, setOptions] = useState(USUAL_OPTIONS);
  const [side, setSide] = useQueryState('beside', parseAsStringLiteral(SIDES).withDefault('test'));
  const [cursor, setCursor] = useState({ line: 1, column: 1, offset: 0 });
  // The version that the text goes on from.
  const [base, setBase] = useState(connector?.latest ?? null);
  const editor = useRef<YamlEditorHandle>(null);
  const root = useRef<HTMLDivElement>(null);
  const router = useRouter();
  const say = useSay();
  const validation = useValidation(edited);
  const test = useTestRead();
  const tests = useTestEdits({ manifest, editor, onEdited: test.alsoFor });
  // A template that nobody changed is nothing to keep.
  const stored = connector ? textOf(connector) : initial.manifest;
  const draft = useDraft(
    connector?.id ?? null,
    { name, manifest },
    { manifest: stored, draftAt: connector?.draftAt ?? null },
  );
  // After the first drawing, which the service does without this tab's values.
  const { values: given } = initial;
  const connectorId = connector?.id;
  useEffect(() => {
    const kept = given ? null : keptTestValues(connectorId);
    if (kept) setValues(kept);
  }, [given, connectorId]);
  const config = validation.spec ? { ...startConfig(validation.spec), ...values } : values;
  const { streams } = validation;
  const chosen = streams.find((item) => item.name === stream)?.name ?? streams[0]?.name ?? null;
  const settled = useSettled(manifest);
  const place = useMemo(
    () => (side === 'schema' ? (streamsInText(settled).find((item) => item.name === chosen) ?? null) : null),
    [side, settled, chosen],
  );
  const data = useMemo(
    () => knownData(test.run, { spec: validation.spec, streams, schema }),
    [test.run, validation.spec, streams, schema],
  );
  const assist = useMemo(() => assistManifest(schema, () => data), [schema, data]);
  const errors = validation.issues.filter((issue) => issue.severity === 'error');

  const runTest = (state: JsonObject | null = null) => {
    if (chosen === null) return;
    setShown('test');
    void setSide('test');
    const { recording } = test.run;
    const replay =
      options.replay && test.run.stream === chosen && recording && 'test' in recording ? recording.test : null;
    const { limits, faults } = options;
    void test.start({ manifest, config, stream: chosen, limits, state, faults, replay });
  };
  const replaceAll = (text: string) => editor.current?.edit({ from: 0, to: manifest.length, text });
  const unchanged = base?.manifest === manifest ? `Nothing has changed since version ${base.version}.` : null;
  const askSave = () => (unchanged === null ? setDialog('save') : say.done(unchanged));
  const save = async ({ note, failingReason }: SaveInput) => {
    const id = connector?.id ?? (await api.post<{ id: string }>('/connectors', { name, manifest })).id;
    try {
      const { version } = await api.post<{ version: number }>(`/connectors/${id}/versions`, {
        ...{ manifest, note: note || null, basedOn: base?.version ?? null, failingReason: failingReason || null },
      });
      draft.forget();
      setDialog(null);
      say.done(version === 1 ? 'Version 1 saved. Next: New source.' : `Version ${version} saved`);
    } catch (error) {
      // A connector without a version would only keep its name from the next try.
      if (connector === null) await api.delete(`/connectors/${id}`).catch(() => undefined);
      if (!isNewerVersion(error)) throw error;
      setDialog(null);
      draft.showConflict();
      return;
    }
    rememberTestValues(id, values, validation.spec);
    if (connector === null) forgetUnsavedTestValues();
    router.push(`/connectors/${id}`);
    router.refresh();
  };
  const reveal = (line: number, column = 1) => {
    setShown('editor');
    editor.current?.reveal(line, column);
  };
  const revealOffset = (offset: number) => {
    setShown('editor');
    editor.current?.revealOffset(offset);
  };
  const openStream = (item: string) => {
    void setStream(item);
    const found = streamsInText(manifest).find(({ name: known }) => known === item);
    if (found) revealOffset(found.offset);
  };
  usePartKeys(root, setShown, () => editor.current?.focus());
  usePageCommands([
    ...(chosen === null ? [] : [{ name: `Test ${chosen}`, keys: '⌘↵', run: () => runTest() }]),
    ...SIDES.map(
      (item): PageCommand => ({ name: `Show ${item} beside the text`, icon: 'chevron', run: () => void setSide(item) }),
    ),
    { name: 'Edit the test values', icon: 'settings', run: () => setDialog('values') },
    { name: 'Save a version', icon: 'check', keys: '⌘S', run: askSave },
    { name: 'Format the manifest', icon: 'copy', run: () => editor.current?.run('editor.action.formatDocument') },
    { name: 'Download the manifest', icon: 'download', run: () => download(name, manifest) },
    ...streams.map(
      (item): PageCommand => ({ name: `Stream ${item.name}`, icon: 'connectors', run: () => openStream(item.name) }),
    ),
  ]);

  return (
    <div className="builder" data-shown={shown} ref={root}>
      <VersionBar
        name={name}
        onName={connector === null ? setName : null}
        connector={connector}
        version={base?.version ?? null}
        changed={manifest !== (base?.manifest ?? '')}
        savedAt={draft.savedAt}
        notKept={draft.notKept}
        problem={unchanged ?? saveProblem(name, errors.length)}
        stream={chosen}
        testing={test.run.status === 'running'}
        onDownload={() => download(name, manifest)}
        onOpenFile={replaceAll}
        onVersions={() => setDialog('versions')}
        onSave={askSave}
        onTest={() => runTest()}
        onStop={test.stop}
      />
      <nav className="msw" aria-label="Panel">
        <div className="seg">
          {PARTS.map((part) => (
            <button key={part} type="button" aria-pressed={shown === part} onClick={() => setShown(part)}>
              {PART_NAMES[part]}
            </button>
          ))}
        </div>
      </nav>
      <div className="ide">
        <Outline
          streams={streams}
          chosen={chosen}
          spec={validation.spec}
          config={config}
          editing={dialog === 'values'}
          onEditing={(open) => setDialog(open ? 'values' : null)}
          onConfig={(next) => {
            setValues(next);
            rememberTestValues(connector?.id, next, validation.spec);
          }}
          onStream={(item) => openStream(item.name)}
        />
        <section className="ed" aria-label="Manifest">
          <div className="eh small">
            <span className="muted">{connector === null ? 'new connector' : connector.name}.yaml</span>
            <span className="grow" />
            <span className="faint nowrap">
              Ln {cursor.line}, Col {cursor.column}
            </span>
          </div>
          <div className="ed-host">
            <YamlEditor
              ref={editor}
              value={manifest}
              onChange={(text, line) => setEdited({ text, line })}
              path={`${connector?.id ?? 'new'}/manifest.yaml`}
              schema={schema}
              issues={validation.issues}
              values={test.run.templates}
              assist={assist}
              label="Manifest, YAML"
              onCursor={(line, column, offset) => setCursor({ line, column, offset })}
              onSave={askSave}
              onRun={() => runTest()}
            />
          </div>
          <Problems
            issues={validation.issues}
            onGo={(issue) => reveal(issue.line, issue.column)}
            fixOf={(issue) => fixesOf(manifest, issue, schema)[0] ?? null}
            onFix={({ edit }) => editor.current?.edit(edit)}
          />
        </section>
        <SidePanel side={side} onSide={(next) => void setSide(next)}>
          {side === 'test' && (
            <TestPanel
              run={test.run}
              onValues={() => setDialog('values')}
              streams={streams.map((item) => item.name)}
              stream={chosen}
              onStream={(item) => void setStream(item)}
              options={options}
              onOptions={setOptions}
              manifest={manifest}
              config={config}
              onTest={runTest}
              onKeep={tests.keep}
              isIncremental={streams.find((item) => item.name === test.run.stream)?.isIncremental ?? true}
              outdated={!test.run.manifests.includes(manifest)}
            />
          )}
          {side === 'form' && (
            <ComponentPanel
              manifest={manifest}
              offset={cursor.offset}
              schema={schema}
              onEdit={(edit) => editor.current?.edit(edit)}
              onGo={revealOffset}
            />
          )}
          {side === 'schema' && (
            <SchemaPanel
              manifest={manifest}
              stream={place?.path ?? null}
              declared={place?.schema ?? null}
              pages={test.run.stream === chosen ? test.run.pages : []}
              onEdit={(edit) => editor.current?.edit(edit)}
            />
          )}
          {side === 'tests' && (
            <TestsPanel
              manifest={manifest}
              tests={testsInText(settled)}
              run={test.run}
              onGo={reveal}
              onShow={(item) => revealOffset(tests.offsetOf(item) ?? item.offset)}
              onRecord={tests.recordAgain}
              onRemove={tests.remove}
            />
          )}
        </SidePanel>
      </div>
      <SaveVersion
        open={dialog === 'save'}
        onOpenChange={(open) => setDialog(open ? 'save' : null)}
        errors={errors}
        next={(base?.version ?? 0) + 1}
        onSave={save}
      />
      {connector !== null && (
        <Versions
          open={dialog === 'versions'}
          onOpenChange={(open) => setDialog(open ? 'versions' : null)}
          connector={connector}
          manifest={manifest}
          onRestore={(text) => {
            replaceAll(text);
            setDialog(null);
          }}
        />
      )}
      {connector !== null && draft.conflict && (
        <Conflict
          connectorId={connector.id}
          mine={manifest}
          onClose={draft.hideConflict}
          onTheirs={(theirs) => {
            setBase(theirs.latest);
            draft.settle(theirs.draftAt, textOf(theirs));
            replaceAll(textOf(theirs));
          }}
          onMine={(theirs) => {
            setBase(theirs.latest);
            draft.settle(theirs.draftAt, textOf(theirs));
          }}
        />
      )}
    </div>
  );
}

/** ⌘1, ⌘2 and ⌘3 go to the outline, the text and what stands beside it. */
function usePartKeys(
  root: React.RefObject<HTMLElement | null>,
  show: (part: Part) => void,
  focusText: () => void,
): void {
  const latest = useRef(focusText);
  latest.current = focusText;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const part = PARTS[Number(event.key) - 1];
      if (!(event.metaKey || event.ctrlKey) || part === undefined) return;
      event.preventDefault();
      show(part);
      if (part === 'editor') latest.current();
      else root.current?.querySelector<HTMLElement>(part === 'outline' ? '.out button' : '.side-panel button')?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [root, show]);
}

function download(name: string, manifest: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([manifest], { type: 'application/yaml' }));
  link.download = `${name.trim() || 'connector'}.yaml`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function saveProblem(name: string, errors: number): string | null {
  if (name.trim() === '') return 'Give the connector a name first.';
  return errors > 0 ? `${errors} ${errors === 1 ? 'error' : 'errors'} to fix first` : null;
}

/** Whether somebody else's newer version stands in the way. */
function isNewerVersion(error: unknown): boolean {
  return error instanceof ApiError && error.failure.code === 'newer_version';
}
