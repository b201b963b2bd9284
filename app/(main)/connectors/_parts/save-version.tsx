'use client';

import { useState } from 'react';
import { failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly errors: readonly EditorIssue[];
  readonly next: number;
  readonly onSave: (note: string) => Promise<void>;
}

/** Asks for a note and saves; a refusal (errors, a newer version of somebody else) stays in the dialog. */
export function SaveVersion({ open, onOpenChange, errors, next, onSave }: Props) {
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);
  const save = async () => {
    setBusy(true);
    setRefused(null);
    try {
      await onSave(note);
      setNote('');
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Save version ${next}`}
      description="Versions never change. Connections of this connector use the newest one from their next sync on."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Keep editing</Button>
          <Button kind="primary" busy={busy} onClick={save}>
            Save version {next}
          </Button>
        </>
      }
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {errors.length > 0 && (
          <p className="st s-fail">
            {errors.length === 1 ? '1 error is' : `${errors.length} errors are`} left in the manifest.
          </p>
        )}
        <Field id="version-note" label="What changed" optional>
          <input
            className="input"
            {...fieldControl('version-note')}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </Field>
        {refused !== null && <FailureNotice failure={failureOf(refused)} alert />}
      </form>
    </Dialog>
  );
}
