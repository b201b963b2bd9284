'use client';

import { useState } from 'react';
import type { OwnWorkspace } from '#lib/access/workspaces.ts';
import { api, failureOf } from '../api.ts';
import { Button } from '../button.tsx';
import { Dialog } from '../dialog.tsx';
import { Field, fieldControl } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Menu, MenuChoices, MenuItem, MenuLine } from '../menu.tsx';
import { FailureNotice } from '../notice.tsx';
import { useSay } from '../toast.tsx';
import { useShell } from './shell-context.ts';

/** The name of the workspace in the side bar; opens the others. */
export function WorkspaceMenu() {
  const { workspaces } = useShell();
  const current = workspaces.find((workspace) => workspace.current);
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="ws" aria-label={`Workspace ${current?.name}`} title={current?.name}>
          <span className="clip">{current?.name}</span>
          <Icon name="up-down" />
        </button>
      }
    >
      <WorkspaceChoices />
    </Menu>
  );
}

/** Where the person may go; for the menu of the side bar and, on small screens, the one of the account. */
export function WorkspaceChoices() {
  const { workspaces, openNewWorkspace } = useShell();
  const say = useSay();
  const current = workspaces.find((workspace) => workspace.current);
  // The whole page is read again: nothing of the other workspace may stay on it.
  const enter = (id: string) => {
    api.post(`/workspaces/${id}/enter`).then(() => location.assign('/'), say.failed);
  };
  return (
    <>
      <MenuChoices
        label="Workspace"
        value={current?.id ?? ''}
        choices={workspaces.map(({ id, name }) => [id, name] as const)}
        onChange={enter}
      />
      {current?.role === 'admin' && (
        <>
          <MenuLine />
          <MenuItem icon="plus" onSelect={openNewWorkspace}>
            New workspace…
          </MenuItem>
        </>
      )}
    </>
  );
}

/** Makes a workspace, and goes there. */
export function NewWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const create = async (form: FormData) => {
    setBusy(true);
    try {
      const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      await api.post<OwnWorkspace>('/workspaces', { name: form.get('name'), timeZone });
      location.assign('/');
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="New workspace"
      description="Sources, destinations, connections, people and keys of their own. You are its administrator."
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" form="new-workspace" kind="primary" busy={busy}>
            Create workspace
          </Button>
        </>
      }
    >
      <form id="new-workspace" className="fields" action={create}>
        {error !== null && <FailureNotice failure={failureOf(error)} alert />}
        <Field id="workspace-name" label="Name">
          <input className="input" name="name" maxLength={100} {...fieldControl('workspace-name', undefined)} />
        </Field>
      </form>
    </Dialog>
  );
}
