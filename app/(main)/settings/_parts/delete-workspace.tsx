'use client';

import { useState } from 'react';
import type { WorkspaceContents } from '#lib/access/delete-workspace.ts';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { plural } from '../../../_components/format.ts';
import { FailureNotice } from '../../../_components/notice.tsx';
import { Panel, PanelBody } from '../../../_components/panel.tsx';

interface DeleteWorkspaceProps {
  readonly id: string;
  readonly name: string;
}

/** Counts what would go, and deletes when the name was typed. */
export function DeleteWorkspace({ id, name }: DeleteWorkspaceProps) {
  const [contents, setContents] = useState<WorkspaceContents | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const look = async () => {
    setBusy(true);
    setError(null);
    try {
      setContents(await api.get<WorkspaceContents>(`/workspaces/${id}/contents`));
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel title="Delete this workspace" className="narrow-panel">
      <PanelBody>
        <p className="muted">
          Everything that is set up in it goes, with its secrets and its history. What was loaded stays where it is.
        </p>
        <div className="row" style={{ marginTop: 12 }}>
          <Button kind="danger" busy={busy} onClick={look}>
            Delete workspace…
          </Button>
        </div>
        {error !== null && <FailureNotice failure={failureOf(error)} alert />}
      </PanelBody>
      {contents && <Question {...{ id, name, contents }} onClose={() => setContents(null)} />}
    </Panel>
  );
}

interface QuestionProps extends DeleteWorkspaceProps {
  readonly contents: WorkspaceContents;
  readonly onClose: () => void;
}

function Question({ id, name, contents, onClose }: QuestionProps) {
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const remove = async () => {
    setBusy(true);
    setError(null);
    try {
      await api.delete(`/workspaces/${id}`);
      // Everything on the page was of this workspace.
      window.location.assign('/');
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={onClose}>Keep</Button>
      <Button kind="danger" busy={busy} disabled={typed.trim() !== name} onClick={remove}>
        Delete workspace
      </Button>
    </>
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${name}`}
      description="This can’t be undone. What goes:"
      footer={footer}
    >
      <ul aria-label="What goes">
        {linesOf(contents).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p className="muted">
        Tables and files that were loaded stay in the destinations, Weir’s own tables there too. The audit log is kept
        in the database.
      </p>
      <Field id="workspace-name" label={`Type the name: ${name}`}>
        <input
          className="input"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          {...fieldControl('workspace-name')}
        />
      </Field>
      {error !== null && <FailureNotice failure={failureOf(error)} alert />}
    </Dialog>
  );
}

function linesOf(contents: WorkspaceContents): string[] {
  const { connections, syncs, sources, destinations, connectors, suites, channels } = contents;
  const { apiKeys, applications, uploads, accounts } = contents;
  return [
    `${plural(connections, 'connection')} with ${plural(syncs, 'past sync')}`,
    `${plural(sources, 'source')} and ${plural(destinations, 'destination')} with their secrets`,
    `${plural(connectors, 'connector')} with all versions`,
    `${plural(suites, 'suite')} of checks with what they measured, ${plural(channels, 'channel')} for alerts`,
    `${plural(apiKeys, 'API key')} and ${plural(applications, 'application')}`,
    ...(uploads > 0 ? [plural(uploads, 'uploaded file')] : []),
    ...(accounts > 0 ? [`${plural(accounts, 'account')} of people who are in no other workspace`] : []),
  ];
}
