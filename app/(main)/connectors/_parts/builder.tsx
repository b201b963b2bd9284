'use client';

import { useRouter } from 'next/navigation';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useMemo, useRef, useState } from 'react';
import type { Connector } from '#lib/connections/connectors.ts';
import type { JsonObject } from '#lib/json.ts';
import { streamsInText } from '#lib/manifest/streams-in-text.ts';
import { ApiError, api } from '../../../_components/api.ts';
import { YamlEditor, type YamlEditorHandle } from '../../../_components/editor/yaml-editor.tsx';
import { startConfig } from '../../../_components/schema-form/schema-form.tsx';
import { rememberTestValues, testValuesOf } from '../../../_components/test-values.ts';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { ComponentPanel } from './component-panel.tsx';
import { Outline } from './outline.tsx';
import { Problems } from './problems.tsx';
import { SaveVersion } from './save-version.tsx';
import { SchemaPanel } from './schema-panel.tsx';
import { SIDES, SidePanel } from './side-panel.tsx';
import { USUAL_LIMITS } from './test-limits.tsx';
import { TestPanel } from './test-panel.tsx';
import { useDraft } from './use-draft.ts';
import { useSettled } from './use-settled.ts';
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

type Shown = 'outline' | 'editor' | 'test';

/** Manifest, problems and a test with the real engine, side by side; on a phone one at a time. */
export function Builder({ connector, schema, ...initial }: Props) {
  const [name, setName] = useState(initial.name);
  const [edited, setEdited] = useState({ text: initial.manifest, line: 1 });
  const manifest = edited.text;
  const [values, setValues] = useState<JsonObject>(initial.values ?? testValuesOf(connector?.id));
  const [stream, setStream] = useQueryState('stream');
  const [shown, setShown] = useState<Shown>('editor');
  const [dialog, setDialog] = useState<'save' | 'versions' | null>(null);
  const [limits, setLimits] = useState(USUAL_LIMITS);
  const [side, setSide] = useQueryState('beside', parseAsStringLiteral(SIDES).withDefault('test'));
  const [cursor, setCursor] = useState({ line: 1, column: 1, offset: 0 });
  const editor = useRef<YamlEditorHandle>(null);
  const router = useRouter();
  const say = useSay();
  const validation = useValidation(edited);
  const test = useTestRead();
  const draft = useDraft(connector?.id ?? null, manifest, connector?.draft ?? connector?.latest?.manifest ?? null);
  const config = validation.spec ? { ...startConfig(validation.spec), ...values } : values;
  const streams = validation.streams;
  const chosen = streams.find((item) => item.name === stream)?.name ?? streams[0]?.name ?? null;
  const settled = useSettled(manifest);
  const place = useMemo(
    () => (side === 'schema' ? (streamsInText(settled).find((item) => item.name === chosen) ?? null) : null),
    [side, settled, chosen],
  );
  const errors = validation.issues.filter((issue) => issue.severity === 'error');

  const runTest = (state: JsonObject | null = null) => {
    if (chosen === null) return;
    setShown('test');
    void setSide('test');
    void test.start({
      manifest,
      config,
      stream: chosen,
      limits,
      state,
    });
  };
  const save = async (note: string) => {
    const id = connector?.id ?? (await api.post<{ id: string }>('/connectors', { name, manifest })).id;
    const basedOn = connector?.latest?.version ?? null;
    const { version } = await api.post<{ version: number }>(`/connectors/${id}/versions`, {
      manifest,
      note: note || null,
      basedOn,
    });
    rememberTestValues(id, values);
    draft.forget();
    setDialog(null);
    say.done(`Version ${version} saved`);
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

  return (
    <div className="builder" data-shown={shown}>
      <VersionBar
        name={name}
        onName={connector === null ? setName : null}
        connector={connector}
        changed={manifest !== (connector?.latest?.manifest ?? '')}
        savedAt={draft.savedAt}
        problem={saveProblem(name, errors.length)}
        stream={chosen}
        testing={test.run.status === 'running'}
        onVersions={() => setDialog('versions')}
        onSave={() => setDialog('save')}
        onTest={() => runTest()}
        onStop={test.stop}
      />
      <nav className="msw" aria-label="Panel">
        <div className="seg">
          {(['outline', 'editor', 'test'] as const).map((part) => (
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
          onConfig={(next) => {
            setValues(next);
            if (connector) rememberTestValues(connector.id, next);
          }}
          onStream={(item) => {
            void setStream(item.name);
            const found = streamsInText(manifest).find(({ name: known }) => known === item.name);
            if (found) revealOffset(found.offset);
          }}
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
              label="Manifest, YAML"
              onCursor={(line, column, offset) => setCursor({ line, column, offset })}
              onSave={() => setDialog('save')}
              onRun={() => runTest()}
            />
          </div>
          <Problems issues={validation.issues} onGo={(issue) => reveal(issue.line, issue.column)} />
        </section>
        <SidePanel side={side} onSide={(next) => void setSide(next)}>
          {side === 'test' && (
            <TestPanel
              run={test.run}
              streams={streams.map((item) => item.name)}
              stream={chosen}
              onStream={(name) => void setStream(name)}
              limits={limits}
              onLimits={setLimits}
              onTest={runTest}
              outdated={test.run.manifest !== manifest}
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
        </SidePanel>
      </div>
      <SaveVersion
        open={dialog === 'save'}
        onOpenChange={(open) => setDialog(open ? 'save' : null)}
        errors={errors}
        next={(connector?.latest?.version ?? 0) + 1}
        onSave={save}
      />
      {connector !== null && (
        <Versions
          open={dialog === 'versions'}
          onOpenChange={(open) => setDialog(open ? 'versions' : null)}
          connector={connector}
          manifest={manifest}
          onRestore={(text) => {
            setEdited({ text, line: 1 });
            setDialog(null);
          }}
        />
      )}
    </div>
  );
}

const PART_NAMES: Record<Shown, string> = { outline: 'Outline', editor: 'YAML', test: 'Test' };

function saveProblem(name: string, errors: number): string | null {
  if (name.trim() === '') return 'Give the connector a name first.';
  return errors > 0 ? `${errors} ${errors === 1 ? 'error' : 'errors'} to fix first` : null;
}

/** Whether somebody else's newer version stands in the way. */
export function isNewerVersion(error: unknown): boolean {
  return error instanceof ApiError && error.failure.code === 'newer_version';
}
