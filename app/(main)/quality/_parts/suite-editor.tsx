'use client';

import { useMemo, useRef, useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import type { OutlinedCheck } from '#quality/outline-checks.ts';
import { type LoadingConnection, otherTables } from '#quality/suggest/other-tables.ts';
import { type NamedTable, suiteNamesAt } from '#quality/suggest/suite-names.ts';
import { type UnknownName, unknownNames } from '#quality/suggest/unknown-names.ts';
import { Button } from '../../../_components/button.tsx';
import type { EditorAssist } from '../../../_components/editor/assist.ts';
import type { LineAction } from '../../../_components/editor/line-actions.ts';
import { type EditorIssue, YamlEditor, type YamlEditorHandle } from '../../../_components/editor/yaml-editor.tsx';
import { usePageCommands } from '../../../_components/shell/page-commands.ts';
import { fixesOf } from '../../connectors/_parts/assist-manifest.ts';
import { Problems } from '../../connectors/_parts/problems.tsx';
import { TryPanel } from './try-panel.tsx';
import { OUTCOME_WORDS, useCheckValues } from './use-check-values.ts';
import { useKnownTables } from './use-known-names.ts';
import { useSuiteIssues } from './use-suite-issues.ts';
import { ALL, isTried, useTries } from './use-tries.ts';

const WORST_FIRST = ['error', 'fail', 'warn', 'pass'] as const;
type Tries = ReturnType<typeof useTries>;

export interface Words {
  readonly owners: readonly string[];
  readonly tags: readonly string[];
}

interface SuiteEditorProps {
  readonly suiteId: string | null;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly schema: JsonObject;
  readonly words: Words;
  readonly connectionId: string | null;
  readonly connections: readonly LoadingConnection[];
  readonly destinationId: string;
  readonly onSave: () => void;
}

/** The YAML of a suite: names are completed, problems marked, and each check is run from its line before it is saved. */
export function SuiteEditor({
  suiteId,
  text,
  onChange,
  schema,
  words,
  connections,
  onSave,
  ...place
}: SuiteEditorProps) {
  const reading = useSuiteIssues(text);
  const { checks } = reading;
  const known = useKnownTables(place.destinationId);
  const tries = useTries({ text, checks, suiteId, ...place });
  const { notes, outcomes } = useCheckValues(suiteId, { text, checks, tries: tries.byKey });
  const assist = useAssist({ tables: known.tables, ...words, schema });
  const issues = useMemo(() => {
    const read = reading.text ?? '';
    const others = otherTables(read, checks, place.connectionId, connections);
    return [...reading.issues, ...[...unknownNames(read, checks, known.tables), ...others].map(warningOf)];
  }, [reading, checks, known.tables, place.connectionId, connections]);
  const { running, run } = tries;
  const actions = useMemo(() => actionsOf(checks, outcomes, { running, run }), [checks, outcomes, running, run]);
  const editor = useRef<YamlEditorHandle>(null);
  const [cursor, setCursor] = useState(1);
  const here = checks.filter(({ line, endLine }) => line <= cursor && cursor <= endLine);
  const [first, ...others] = here;
  const runHere = () => (first ? void tries.run(here.map(({ key }) => key)) : undefined);
  const runAll = () => void tries.run(ALL);
  const goTo = (key: string) => {
    const check = checks.find((each) => each.key === key);
    if (check) editor.current?.reveal(check.line);
  };
  usePageCommands([
    ...(first ? [{ name: `Run ${first.title}`, icon: 'play' as const, keys: '⌘↵', run: runHere }] : []),
    { name: 'Run all checks of the text', icon: 'play', run: runAll },
    { name: 'Save the suite', icon: 'check', keys: '⌘S', run: onSave },
    { name: 'Format the suite', icon: 'copy', run: () => editor.current?.run('editor.action.formatDocument') },
  ]);
  return (
    <>
      <section className="panel" aria-label="Checks in YAML">
        <header>
          <span className="sub grow" id="check-here">
            {first ? (
              <>
                At the cursor: <span className="strong">{first.title.replace(`${first.table}: `, '')}</span>
                {others.length > 0 && ` and ${others.length} more`}
              </>
            ) : (
              'Put the cursor into a check to run it alone.'
            )}
          </span>
          {tries.running !== null && (
            <Button size="s" icon="stop" onClick={tries.stop}>
              Stop
            </Button>
          )}
          <Button
            size="s"
            icon="play"
            disabled={!first}
            busy={first !== undefined && tries.running !== ALL && isTried(tries.running, first.key)}
            onClick={runHere}
            aria-describedby="check-here"
          >
            Run this check <kbd>⌘↵</kbd>
          </Button>
          <Button size="s" disabled={checks.length === 0} busy={tries.running === ALL} onClick={runAll}>
            Run all
          </Button>
        </header>
        <div className="suite-editor">
          <YamlEditor
            ref={editor}
            value={text}
            onChange={onChange}
            path={`suites/${suiteId ?? 'new'}/suite.yaml`}
            schema={schema}
            issues={issues}
            notes={notes}
            assist={assist}
            actions={actions}
            label="Checks in YAML"
            onCursor={setCursor}
            onSave={onSave}
            onRun={runHere}
          />
        </div>
        <Problems
          issues={issues}
          onGo={({ line, column }) => editor.current?.reveal(line, column)}
          fixOf={(issue) => fixesOf(text, issue, schema)[0] ?? null}
          onFix={(fix) => editor.current?.edit(fix.edit)}
        />
        {known.failure && (
          <p className="muted small body">
            Names of tables and columns can’t be completed: {known.failure.message} {known.failure.hint}
          </p>
        )}
      </section>
      <p className="sr-only" role="status">
        {tries.running === null &&
          tries.last.map(({ title, outcome, message }) => `${title} ${OUTCOME_WORDS[outcome]}: ${message}. `)}
      </p>
      <TryPanel results={tries.last} tookMs={tries.tookMs} failure={tries.failure} onGo={goTo} />
    </>
  );
}

/** A mark for each line where checks begin: it runs all of them. */
function actionsOf(
  checks: readonly OutlinedCheck[],
  outcomes: ReturnType<typeof useCheckValues>['outcomes'],
  { running, run }: Pick<Tries, 'running' | 'run'>,
) {
  return [...Map.groupBy(checks, ({ line }) => line)].map(([line, there]): LineAction => {
    const keys = there.map(({ key }) => key);
    const came = keys.flatMap((key) => outcomes.get(key) ?? []);
    const worst = WORST_FIRST.find((outcome) => came.includes(outcome)) ?? 'idle';
    return {
      line,
      name: `Run ${there.map(({ title }) => title).join(', ')}`,
      state: keys.some((key) => isTried(running, key)) ? 'running' : worst,
      run: () => void run(keys),
    };
  });
}

function useAssist({ tables, owners, tags, schema }: Words & { tables: readonly NamedTable[]; schema: JsonObject }) {
  return useMemo(
    (): EditorAssist => ({
      suggest: (text, offset) => suiteNamesAt(text, offset, { tables, owners, tags }),
      fixes: (text, issue) => fixesOf(text, issue, schema),
    }),
    [tables, owners, tags, schema],
  );
}

/** What a load may bring yet only warns. */
function warningOf({ message, nearest, line, column, endColumn }: UnknownName): EditorIssue {
  return {
    ...{ severity: 'warning', code: 'unknown_name', message, line, column, endLine: line, endColumn },
    ...(nearest !== null && { fix: { replace: nearest } }),
  };
}
