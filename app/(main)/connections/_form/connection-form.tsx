'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import type { ConfiguredStream, DestinationSyncMode, StreamDescriptor } from '#lib/catalog.ts';
import type { ConnectionInput } from '#lib/connections/connections.ts';
import { freePrefix, type Landing } from '#lib/connections/shared-tables.ts';
import { suggest } from '#lib/connections/stream-modes.ts';
import type { Issue } from '#lib/errors.ts';
import { ApiError, api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Field, FieldsToFix, fieldControl } from '../../../_components/field.tsx';
import { freeName } from '../../../_components/format.ts';
import { FailureNotice, Notice } from '../../../_components/notice.tsx';
import { Panel } from '../../../_components/panel.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { useProbe } from '../../../_components/use-probe.ts';
import { type Choice, EndsFields } from './ends-fields.tsx';
import { OwnPrefix, SharedTables } from './landing-notices.tsx';
import { fieldOfIssue, missingParts, problemsBelow } from './missing-parts.ts';
import { RulesFields } from './rules-fields.tsx';
import { ScheduleField } from './schedule-field.tsx';
import { StreamRows } from './stream-rows.tsx';
import { VersionField, type Versions } from './version-field.tsx';

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is what users write
const SOURCE_NAMESPACE = '${SOURCE_NAMESPACE}';

interface Props {
  /** Null for a new connection. */
  readonly id: string | null;
  readonly initial: ConnectionInput;
  readonly sources: readonly Choice[];
  readonly destinations: readonly (Choice & { readonly supportedModes: readonly DestinationSyncMode[] })[];
  readonly timeZone: string;
  /** Names; alert rules ask for them. */
  readonly tags: readonly string[];
  /** The other connections, to see which tables are loaded already. */
  readonly others: readonly (Landing & { readonly id: string; readonly name: string })[];
  /** Of the source's connector, newest first; a new connection follows the newest. */
  readonly versions?: Versions;
}

/** Source, destination, streams with their modes, schedule: all that a connection is, on one page. */
export function ConnectionForm({
  id,
  initial,
  sources,
  destinations,
  timeZone,
  tags: tagged,
  others,
  versions,
}: Props) {
  const [tags, setTags] = useState(tagged.join(', '));
  const [input, setInput] = useState(initial);
  const [issues, setIssues] = useState<readonly Issue[]>([]);
  const [refused, setRefused] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const discover = useProbe<{ streams: readonly StreamDescriptor[] }>();
  const router = useRouter();
  const say = useSay();
  const set = (change: Partial<ConnectionInput>) => {
    setInput((old) => ({ ...old, ...change }));
    setIssues((old) => old.filter(({ path = '' }) => !((path.split('.')[0] ?? '') in change)));
  };
  const destination = destinations.find((item) => item.id === input.destinationId);
  const supported = destination?.supportedModes ?? [];
  const problem = (path: string) => issues.find((issue) => issue.path === path)?.message;

  const { ask } = discover;
  const { sourceId, connectorVersion } = input;
  useEffect(() => {
    if (sourceId) void ask(discovery({ sourceId, connectorVersion }));
  }, [ask, sourceId, connectorVersion]);

  const available = discover.result?.streams ?? input.streams.map((item) => item.stream);
  // What discover finds is proposed once; after that the choice is the user's.
  const [proposedFor, setProposedFor] = useState<string | null>(null);
  const [ownPrefix, setOwnPrefix] = useState<string | null>(null);
  const [ownName, setOwnName] = useState<string | null>(null);
  if (id === null && discover.result && destination && proposedFor !== `${input.sourceId} ${destination.id}`) {
    setProposedFor(`${input.sourceId} ${destination.id}`);
    const streams = discover.result.streams.map((stream) => suggest(stream, supported));
    // A prefix or name that was proposed for another choice goes; one that was typed stays.
    const typed = input.prefix === ownPrefix ? '' : input.prefix;
    const landing = { ...input, prefix: typed, streams: discover.result.streams };
    const sourceName = sources.find((item) => item.id === input.sourceId)?.name ?? '';
    const prefix = typed || freePrefix(landing, others, sourceName);
    setOwnPrefix(prefix === typed ? null : prefix);
    const called = input.name === ownName ? '' : input.name;
    const name = called || freeName(`${sourceName || 'source'} → ${destination.name}`, others);
    setOwnName(name === called ? null : name);
    set({ streams, prefix, name });
  }

  const save = async () => {
    const missing = missingParts(input);
    setIssues(missing);
    setRefused(null);
    if (missing.length > 0) return;
    setBusy(true);
    try {
      const streams = refreshed(input.streams, discover.result?.streams);
      const { sourceId: from, destinationId: to, ...settings } = input;
      const body = { ...settings, streams, tags: tags.split(',').map((tag) => tag.trim()) };
      // Another source or destination would be another connection.
      if (id !== null) await api.patch(`/connections/${id}`, body);
      const saved =
        id ?? (await api.post<{ id: string }>('/connections', { ...body, sourceId: from, destinationId: to })).id;
      say.done(`${input.name} saved`);
      router.push(`/connections/${saved}`);
      router.refresh();
    } catch (error) {
      setRefused(error);
      if (error instanceof ApiError) setIssues(error.issues);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      className="stack connection-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {id === null && (
        <EndsFields input={input} set={set} sources={sources} destinations={destinations} problem={problem} />
      )}
      <Panel
        title="Streams"
        sub={available.length > 0 ? `${input.streams.length} of ${available.length} taken` : undefined}
      >
        {discover.status === 'running' && available.length === 0 && (
          <p className="empty">Asking the source for its streams.</p>
        )}
        {discover.failure && (
          <FailureNotice
            failure={discover.failure}
            title="The streams could not be listed"
            actions={<Button onClick={() => ask(discovery(input))}>Ask again</Button>}
          />
        )}
        {!input.sourceId && <p className="empty">Choose a source to see its streams.</p>}
        {available.length > 0 && destination && (
          <StreamRows
            available={available}
            chosen={input.streams}
            supported={supported}
            errors={streamErrors(issues, input.streams)}
            onChange={(streams) => set({ streams })}
          />
        )}
        {available.length > 0 && !destination && (
          <p className="empty">Choose a destination to see how its streams can be loaded.</p>
        )}
      </Panel>
      <SharedTables input={input} others={others} />
      {ownPrefix === input.prefix && <OwnPrefix input={input} others={others} onDrop={() => set({ prefix: '' })} />}
      {problem('streams') && <Notice state="fail" title={problem('streams')} alert />}
      <div className="g2">
        <div className="stack">
          <Field id="name" label="Name" error={problem('name')}>
            <input
              className="input"
              {...fieldControl('name', problem('name'))}
              value={input.name}
              onChange={(event) => set({ name: event.target.value })}
            />
          </Field>
          <ScheduleField
            value={input.schedule}
            onChange={(schedule) => set({ schedule })}
            timeZone={timeZone}
            problems={problemsBelow('schedule', issues)}
          />
          {versions && (
            <VersionField
              versions={versions}
              value={input.connectorVersion}
              error={problem('connectorVersion')}
              onChange={(connectorVersion) => set({ connectorVersion })}
            />
          )}
          <Field
            id="owner"
            label="Owner"
            optional
            error={problem('owner')}
            hint="A person or a team. Alert rules may ask for it."
          >
            <input
              className="input"
              {...fieldControl('owner', problem('owner'), true)}
              value={input.owner ?? ''}
              onChange={(event) => set({ owner: event.target.value || null })}
            />
          </Field>
          <Field
            id="tags"
            label="Tags"
            optional
            error={problem('tags')}
            hint="Separated by commas. Alert rules may ask for them."
          >
            <input
              className="input"
              {...fieldControl('tags', problem('tags'), true)}
              value={tags}
              onChange={(event) => setTags(event.target.value)}
            />
          </Field>
        </div>
        <div className="stack">
          <Namespace input={input} set={set} error={problem('namespaceFormat')} />
          <Field
            id="prefix"
            label="Table prefix"
            optional
            error={problem('prefix')}
            hint="Put before each table’s name, such as ml_."
          >
            <input
              className="input mono"
              {...fieldControl('prefix', problem('prefix'), true)}
              value={input.prefix}
              onChange={(event) => set({ prefix: event.target.value })}
            />
          </Field>
          <RulesFields input={input} set={set} problem={problem} />
        </div>
      </div>
      {refused !== null && <FailureNotice failure={failureOf(refused)} alert />}
      <div className="form acts-only">
        <div className="acts">
          <Button type="submit" kind="primary" busy={busy}>
            {id === null ? 'Create connection' : 'Save connection'}
          </Button>
          <FieldsToFix ids={issues.flatMap(fieldOfIssue)} />
        </div>
      </div>
    </form>
  );
}

/** The streams as the version says them that the connection stays with. */
function discovery({ sourceId, connectorVersion }: Pick<ConnectionInput, 'sourceId' | 'connectorVersion'>) {
  return { kind: 'discover', sourceId, ...(connectorVersion !== null && { connectorVersion }) };
}

function Namespace({
  input,
  set,
  error,
}: {
  input: ConnectionInput;
  set: (change: Partial<ConnectionInput>) => void;
  error: string | undefined;
}) {
  return (
    <>
      <Field id="namespace" label="Namespace" hint="The schema or folder that tables land in.">
        <select
          className="select"
          {...fieldControl('namespace', undefined, true)}
          value={input.namespaceDefinition}
          onChange={(event) =>
            set({ namespaceDefinition: event.target.value as ConnectionInput['namespaceDefinition'] })
          }
        >
          <option value="destination">The destination’s default</option>
          <option value="source">As the source names it</option>
          <option value="custom">Custom</option>
        </select>
      </Field>
      {input.namespaceDefinition === 'custom' && (
        <Field
          id="namespace-format"
          label="Custom namespace"
          error={error}
          hint={`Such as production_${SOURCE_NAMESPACE}.`}
        >
          <input
            className="input mono"
            {...fieldControl('namespace-format', error, true)}
            value={input.namespaceFormat ?? ''}
            onChange={(event) => set({ namespaceFormat: event.target.value })}
          />
        </Field>
      )}
    </>
  );
}

/** The newest description of each stream, so that a schema that has changed is stored as it is now. */
function refreshed(
  streams: readonly ConfiguredStream[],
  found: readonly StreamDescriptor[] | undefined,
): ConfiguredStream[] {
  return streams.map((item) => ({
    ...item,
    stream:
      found?.find((stream) => stream.name === item.stream.name && stream.namespace === item.stream.namespace) ??
      item.stream,
  }));
}

function streamErrors(issues: readonly Issue[], streams: readonly ConfiguredStream[]): Record<string, string> {
  const rows = issues.flatMap((issue) => {
    const index = Number(/^streams\.(\d+)/.exec(issue.path ?? '')?.[1] ?? Number.NaN);
    const name = streams[index]?.stream.name;
    return name ? [[name, issue.message] as const] : [];
  });
  return Object.fromEntries(rows);
}
