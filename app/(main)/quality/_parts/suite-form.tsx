'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { JsonObject } from '#lib/json.ts';
import { ApiError, api, failureOf, lineIssues } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Field, FieldsToFix, fieldControl } from '../../../_components/field.tsx';
import { Empty, FailureNotice, Notice } from '../../../_components/notice.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Suite } from './models.ts';
import { type Choices, isStartingText, startingText } from './starting-text.ts';
import { SuggestionsPanel } from './suggestions-panel.tsx';
import { SuiteConflict } from './suite-conflict.tsx';
import { SuiteEditor, type Words } from './suite-editor.tsx';
import { type KeptSuite, useKeptSuite } from './use-kept-suite.ts';

interface SuiteFormProps extends Choices {
  /** Null for a new one. */
  readonly suite: Suite | null;
  readonly schema: JsonObject;
  /** Owners and tags of other suites. */
  readonly words: Words;
  /** What a new one is for. */
  readonly connectionId?: string | undefined;
}

/** A suite: what it is called, what it runs after, and its checks in YAML. */
export function SuiteForm({ suite, schema, connections, destinations, words, ...asked }: SuiteFormProps) {
  const first = connections.find(({ id }) => id === asked.connectionId) ?? connections[0];
  const [name, setName] = useState(suite?.name ?? '');
  const [connectionId, setConnectionId] = useState(suite ? suite.connectionId : (first?.id ?? null));
  const [destinationId, setDestinationId] = useState(
    suite?.destinationId ?? first?.destinationId ?? destinations[0]?.id ?? '',
  );
  const [text, setText] = useState(() => suite?.text ?? startingText(first));
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [refusal, setRefusal] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [basedOn, setBasedOn] = useState(suite?.updatedAt);
  const [conflict, setConflict] = useState(false);
  const isUntouched = !suite && isStartingText(text, connections);
  const kept = useKeptSuite(suite?.id ?? null, { name, text, isStart: isUntouched && name === '' });
  const router = useRouter();
  const say = useSay();

  const chooseConnection = (id: string | null) => {
    const connection = connections.find((known) => known.id === id);
    setConnectionId(id);
    if (!connection) return;
    setDestinationId(connection.destinationId);
    if (isUntouched) setText(startingText(connection));
  };
  const takeUp = (left: KeptSuite) => {
    setName(left.name);
    setText(left.text);
    kept.taken();
  };
  const save = async (over = basedOn) => {
    setRefusal(null);
    setErrors(name.trim() ? {} : { name: 'Give the suite a name.' });
    if (!name.trim()) return document.getElementById('name')?.focus();
    setBusy(true);
    try {
      const body = { name, text, connectionId, destinationId };
      const id = suite ? suite.id : (await api.post<{ id: string }>('/suites', body)).id;
      if (suite) await api.put(`/suites/${id}`, { ...body, basedOn: over });
      kept.forget();
      say.done(`${name} is saved.`);
      router.push(`/quality/${id}`);
      router.refresh();
    } catch (error) {
      const nameIssue = error instanceof ApiError && error.issues.find(({ path }) => path === 'name');
      if (nameIssue) setErrors({ name: nameIssue.message });
      else if (error instanceof ApiError && error.failure.code === 'newer_suite') setConflict(true);
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
            <Button kind="primary" busy={busy} onClick={() => save()}>
              Save suite
            </Button>
          </>
        }
      >
        What must hold of the tables. History goes on while only limits change.
      </PageHead>
      {refusal !== null && (
        <div style={{ marginBottom: 16 }}>
          <FailureNotice failure={failureOf(refusal)} issues={lineIssues(refusal)} alert />
        </div>
      )}
      {kept.found && kept.found.text !== text && (
        <LeftUnsaved found={kept.found} onTake={takeUp} onForget={kept.forget} />
      )}
      {conflict && suite && (
        <SuiteConflict
          suiteId={suite.id}
          mine={text}
          onClose={() => setConflict(false)}
          onTheirs={(theirs) => {
            setText(theirs.text);
            setBasedOn(theirs.updatedAt);
            setConflict(false);
          }}
          onMine={(theirs) => {
            setBasedOn(theirs.updatedAt);
            setConflict(false);
            void save(theirs.updatedAt);
          }}
        />
      )}
      <SuiteFields
        name={name}
        nameError={errors.name}
        onName={setName}
        connectionId={connectionId}
        onConnection={chooseConnection}
        destinationId={destinationId}
        onDestination={setDestinationId}
        connections={connections}
        destinations={destinations}
      />
      <div className="stack">
        <SuiteEditor
          suiteId={suite?.id ?? null}
          text={text}
          onChange={setText}
          schema={schema}
          words={words}
          connectionId={connectionId}
          connections={connections}
          destinationId={destinationId}
          onSave={() => void save()}
        />
        <SuggestionsPanel
          connection={connections.find(({ id }) => id === connectionId) ?? null}
          text={text}
          onChange={setText}
        />
      </div>
    </Page>
  );
}

interface LeftUnsavedProps {
  readonly found: KeptSuite;
  readonly onTake: (found: KeptSuite) => void;
  readonly onForget: () => void;
}

function LeftUnsaved({ found, onTake, onForget }: LeftUnsavedProps) {
  return (
    <div style={{ marginBottom: 16 }}>
      <Notice
        state="warn"
        title="You left this suite without saving."
        actions={
          <>
            <Button size="s" onClick={() => onTake(found)}>
              Go on with it
            </Button>
            <Button size="s" kind="ghost" onClick={onForget}>
              Forget it
            </Button>
          </>
        }
      >
        This browser has kept what you typed, <TimeAgo at={found.at} />.
      </Notice>
    </div>
  );
}

interface SuiteFieldsProps extends Choices {
  readonly name: string;
  readonly nameError: string | undefined;
  readonly onName: (name: string) => void;
  readonly connectionId: string | null;
  readonly onConnection: (id: string | null) => void;
  readonly destinationId: string;
  readonly onDestination: (id: string) => void;
}

/** What it is called, and the connection or the destination that it looks at. */
function SuiteFields({
  name,
  nameError,
  connectionId,
  destinationId,
  connections,
  destinations,
  ...on
}: SuiteFieldsProps) {
  return (
    <div className="suite-form">
      <Field id="name" label="Name" error={nameError} hint="Seen in alerts.">
        <input
          className="input"
          value={name}
          onChange={(event) => on.onName(event.target.value)}
          {...fieldControl('name', nameError, true)}
        />
      </Field>
      <Field id="connection" label="Runs after each sync of" hint="Or only by hand.">
        <select
          className="select"
          value={connectionId ?? ''}
          onChange={(event) => on.onConnection(event.target.value || null)}
          {...fieldControl('connection', undefined, true)}
        >
          <option value="">No connection</option>
          <Named options={connections} />
        </select>
      </Field>
      <Field id="destination" label="Looks at tables in" hint="The destination that is measured.">
        <select
          className="select"
          value={destinationId}
          onChange={(event) => on.onDestination(event.target.value)}
          disabled={connectionId !== null}
          {...fieldControl('destination', undefined, true)}
        >
          <Named options={destinations} />
        </select>
      </Field>
    </div>
  );
}

function Named({ options }: { options: readonly { readonly id: string; readonly name: string }[] }) {
  return options.map(({ id, name }) => (
    <option key={id} value={id}>
      {name}
    </option>
  ));
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
