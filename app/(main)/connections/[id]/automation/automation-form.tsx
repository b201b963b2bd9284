'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import type { Automation } from '#lib/pipelines/automation.ts';
import { ApiError, api, failureOf } from '../../../../_components/api.ts';
import { Button } from '../../../../_components/button.tsx';
import { Field, fieldControl } from '../../../../_components/field.tsx';
import { FailureNotice, Notice } from '../../../../_components/notice.tsx';
import { Panel, PanelBody } from '../../../../_components/panel.tsx';
import { useSay } from '../../../../_components/toast.tsx';
import type { OfferedCommands } from './offered-commands.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

interface FormProps {
  readonly id: string;
  readonly automation: Automation;
  /** Those that it could follow. */
  readonly connections: readonly Named[];
  readonly channels: readonly Named[];
  readonly offered: OfferedCommands;
  readonly readOnly: boolean;
}

/** The connection that it follows, and what follows its own syncs. */
export function AutomationForm({ id, automation, connections, channels, offered, readOnly }: FormProps) {
  const [values, setValues] = useState(automation);
  const { busy, refused, save } = useSave(id);
  const set = (change: Partial<Automation>) => setValues((old) => ({ ...old, ...change }));
  const problem = (path: string) =>
    refused instanceof ApiError ? refused.issues.find((issue) => issue.path === path)?.message : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(values);
  };
  return (
    <Panel title="Before and after its syncs">
      <PanelBody>
        <form className="fields" onSubmit={submit} noValidate>
          <fieldset className="plain-set" disabled={readOnly}>
            <StartAfter
              value={values.afterConnectionId}
              connections={connections}
              error={problem('afterConnectionId')}
              onChange={(afterConnectionId) => set({ afterConnectionId })}
            />
            <Told
              chosen={values.channelIds}
              channels={channels}
              error={problem('channelIds')}
              onChange={(channelIds) => set({ channelIds })}
            />
            <Commands
              chosen={values.commands}
              offered={offered}
              error={problem('commands')}
              onChange={(commands) => set({ commands })}
            />
          </fieldset>
          {refused !== null && <FailureNotice failure={failureOf(refused)} alert />}
          {!readOnly && (
            <div className="row">
              <Button type="submit" kind="primary" busy={busy}>
                Save automation
              </Button>
            </div>
          )}
        </form>
      </PanelBody>
    </Panel>
  );
}

function StartAfter({
  value,
  connections,
  error,
  onChange,
}: {
  value: string | null;
  connections: readonly Named[];
  error: string | undefined;
  onChange: (id: string | null) => void;
}) {
  return (
    <Field id="after" label="Start after" error={error} hint="Each time that one succeeds, besides its own schedule.">
      <select
        className="select"
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value || null)}
        {...fieldControl('after', error, true)}
      >
        <option value="">No other connection</option>
        {connections.map((other) => (
          <option key={other.id} value={other.id}>
            {other.name}
          </option>
        ))}
      </select>
    </Field>
  );
}

function Told({
  chosen,
  channels,
  error,
  onChange,
}: {
  chosen: readonly string[];
  channels: readonly Named[];
  error: string | undefined;
  onChange: (chosen: string[]) => void;
}) {
  return (
    <fieldset className="plain-set tight-set">
      <legend className="label">Once it has published, tell</legend>
      {channels.length === 0 && <span className="muted">There is no channel yet.</span>}
      {channels.map(({ id, name }) => (
        <label key={id} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(id)}
            onChange={({ target }) => onChange(toggled(chosen, id, target.checked))}
          />
          {name}
        </label>
      ))}
      {error && <span className="err">{error}</span>}
    </fieldset>
  );
}

function Commands({
  chosen,
  offered: { commands, problem },
  error,
  onChange,
}: {
  chosen: readonly string[];
  offered: OfferedCommands;
  error: string | undefined;
  onChange: (chosen: string[]) => void;
}) {
  const gone = chosen.filter((name) => !commands.some((command) => command.name === name));
  const all = [...commands, ...gone.map((name) => ({ name, description: 'not in the operator’s list any longer' }))];
  return (
    <fieldset className="plain-set tight-set">
      <legend className="label">and run, in this order</legend>
      {problem !== null && <Notice state="fail" title={problem} />}
      {all.length === 0 && problem === null && (
        <span className="muted">
          The operator’s list of commands is empty. <code>WEIR_COMMANDS_FILE</code> names it.
        </span>
      )}
      {all.map(({ name, description }) => (
        <label key={name} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={({ target }) => onChange(toggled(chosen, name, target.checked))}
          />
          <span>
            {chosen.includes(name) && chosen.length > 1 && `${chosen.indexOf(name) + 1}. `}
            {name} {description && <span className="muted">{description}</span>}
          </span>
        </label>
      ))}
      {error && <span className="err">{error}</span>}
    </fieldset>
  );
}

function toggled(list: readonly string[], item: string, on: boolean): string[] {
  return on ? [...list, item] : list.filter((other) => other !== item);
}

function useSave(id: string) {
  const say = useSay();
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);
  const save = async (values: Automation) => {
    setBusy(true);
    setRefused(null);
    try {
      await api.put(`/connections/${id}/automation`, values);
      say.done('The automation is saved.');
      router.refresh();
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return { busy, refused, save };
}
