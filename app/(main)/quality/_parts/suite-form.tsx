'use client';

import { useRouter } from 'next/navigation';
import { useMemo, useRef, useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import { ApiError, api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { YamlEditor, type YamlEditorHandle } from '../../../_components/editor/yaml-editor.tsx';
import { Field, FieldsToFix, fieldControl } from '../../../_components/field.tsx';
import { Empty, FailureNotice } from '../../../_components/notice.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { Problems } from '../../connectors/_parts/problems.tsx';
import type { Suite } from './models.ts';
import { type Choices, startingText } from './starting-text.ts';
import { SuggestionsPanel } from './suggestions-panel.tsx';
import { useCheckValues } from './use-check-values.ts';
import { useSuiteIssues } from './use-suite-issues.ts';
import { withNames } from './with-names.ts';

interface SuiteFormProps extends Choices {
  /** Null for a new one. */
  readonly suite: Suite | null;
  readonly schema: JsonObject;
  /** Tables that Weir has loaded, with their columns. */
  readonly tables: readonly KnownTable[];
}

interface KnownTable {
  readonly connectionId: string;
  readonly table: string;
  readonly columns: readonly string[];
}

/** A suite: what it is called, what it runs after, and its checks in YAML. */
export function SuiteForm({ suite, schema, connections, destinations, tables }: SuiteFormProps) {
  const first = connections[0];
  const [name, setName] = useState(suite?.name ?? '');
  const [connectionId, setConnectionId] = useState(suite ? suite.connectionId : (first?.id ?? null));
  const [destinationId, setDestinationId] = useState(
    suite?.destinationId ?? first?.destinationId ?? destinations[0]?.id ?? '',
  );
  const [text, setText] = useState(() => suite?.text ?? startingText(first));
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [refusal, setRefusal] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const { issues, checks } = useSuiteIssues(text);
  const notes = useCheckValues(suite?.id ?? null, checks);
  const known = useMemo(() => withNames(schema, namesOf(tables, connectionId)), [schema, tables, connectionId]);
  const editor = useRef<YamlEditorHandle>(null);
  const router = useRouter();
  const say = useSay();

  const chooseConnection = (id: string | null) => {
    const connection = connections.find((known) => known.id === id);
    setConnectionId(id);
    if (connection) setDestinationId(connection.destinationId);
  };
  const save = async () => {
    setRefusal(null);
    setErrors(name.trim() ? {} : { name: 'Give the suite a name.' });
    if (!name.trim()) return document.getElementById('name')?.focus();
    setBusy(true);
    try {
      const body = { name, text, connectionId, destinationId };
      const id = suite ? suite.id : (await api.post<{ id: string }>('/suites', body)).id;
      if (suite) await api.put(`/suites/${id}`, body);
      say.done(`${name} is saved.`);
      router.push(`/quality/${id}`);
      router.refresh();
    } catch (error) {
      const nameIssue = error instanceof ApiError && error.issues.find(({ path }) => path === 'name');
      if (nameIssue) setErrors({ name: nameIssue.message });
      else setRefusal(error);
      setBusy(false);
    }
  };
  if (destinations.length === 0) return <NeedsDestination />;
  return (
    <Page
      crumbs={[
        { name: 'Quality', href: '/quality' },
        ...(suite ? [{ name: suite.name, href: `/quality/${suite.id}` }, { name: 'Edit' }] : [{ name: 'New suite' }]),
      ]}
    >
      <PageHead
        title={suite ? `Checks of ${suite.name}` : 'New suite'}
        actions={
          <>
            <FieldsToFix ids={Object.keys(errors)} />
            <Button kind="primary" busy={busy} onClick={save}>
              Save suite
            </Button>
          </>
        }
      >
        What must hold of the tables. History goes on while only limits change.
      </PageHead>
      {refusal !== null && (
        <div style={{ marginBottom: 16 }}>
          <FailureNotice failure={failureOf(refusal)} alert />
        </div>
      )}
      <div className="suite-form">
        <Field id="name" label="Name" error={errors.name} hint="Seen in alerts.">
          <input
            className="input"
            value={name}
            onChange={(event) => setName(event.target.value)}
            {...fieldControl('name', errors.name, true)}
          />
        </Field>
        <Field id="connection" label="Runs after each sync of" hint="Or only by hand.">
          <select
            className="select"
            value={connectionId ?? ''}
            onChange={(event) => chooseConnection(event.target.value || null)}
            {...fieldControl('connection', undefined, true)}
          >
            <option value="">No connection</option>
            {connections.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
        <Field id="destination" label="Looks at tables in" hint="The destination that is measured.">
          <select
            className="select"
            value={destinationId}
            onChange={(event) => setDestinationId(event.target.value)}
            disabled={connectionId !== null}
            {...fieldControl('destination', undefined, true)}
          >
            {destinations.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <section className="panel" aria-label="Checks in YAML">
        <div className="suite-editor">
          <YamlEditor
            ref={editor}
            value={text}
            onChange={setText}
            path={`suites/${suite?.id ?? 'new'}/suite.yaml`}
            schema={known}
            issues={issues}
            notes={notes}
            label="Checks in YAML"
            onSave={save}
          />
        </div>
        <Problems issues={issues} onGo={({ line, column }) => editor.current?.reveal(line, column)} />
      </section>
      <div style={{ marginTop: 16 }}>
        <SuggestionsPanel connectionId={connectionId} text={text} onChange={setText} />
      </div>
    </Page>
  );
}

function namesOf(tables: readonly KnownTable[], connectionId: string | null) {
  const near = connectionId === null ? tables : tables.filter((table) => table.connectionId === connectionId);
  return { tables: near.map(({ table }) => table), columns: [...new Set(near.flatMap(({ columns }) => columns))] };
}

function NeedsDestination() {
  return (
    <Page crumbs={[{ name: 'Quality', href: '/quality' }, { name: 'New suite' }]}>
      <PageHead title="New suite" />
      <section className="panel">
        <Empty
          action={
            <a className="btn primary" href="/destinations/new">
              New destination
            </a>
          }
        >
          Checks look at tables of a destination, and there is none yet.
        </Empty>
      </section>
    </Page>
  );
}
