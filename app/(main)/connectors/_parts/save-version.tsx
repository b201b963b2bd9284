'use client';

import { useState } from 'react';
import type { Failure, Issue } from '#lib/errors.ts';
import { ApiError, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import type { EditorIssue } from '../../../_components/editor/yaml-editor.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';

export interface SaveInput {
  readonly note: string;
  /** Why it is saved although tests fail; empty when none is known to. */
  readonly failingReason: string;
}

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly errors: readonly EditorIssue[];
  readonly next: number;
  readonly onSave: (input: SaveInput) => Promise<void>;
}

interface Refusal {
  readonly failure: Failure;
  readonly issues: readonly Issue[];
}

/** Asks for a note, runs the manifest's tests and saves. Where tests fail it asks why the version is to be saved all the same. */
export function SaveVersion({ open, onOpenChange, errors, next, onSave }: Props) {
  const [note, setNote] = useState('');
  const [failingReason, setFailingReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const testsFail = refused?.failure.code === 'tests_failed';
  const save = async () => {
    setBusy(true);
    setRefused(null);
    try {
      await onSave({ note, failingReason });
      setNote('');
    } catch (error) {
      setRefused({ failure: failureOf(error), issues: error instanceof ApiError ? error.issues : [] });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Save version ${next}`}
      description={
        next === 1
          ? 'A version never changes. With one saved, sources can be made from the connector.'
          : 'Versions never change. Connections of this connector use the newest one from their next sync on.'
      }
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
        <Field id="version-note" {...(next === 1 ? FIRST_NOTE : { label: 'What changed' })} optional>
          <input
            className="input"
            {...fieldControl('version-note', undefined, next === 1)}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </Field>
        {refused !== null && <FailureNotice failure={refused.failure} alert />}
        {testsFail && refused !== null && <Unmet issues={refused.issues} />}
        {(testsFail || failingReason !== '') && (
          <Field
            id="failing-reason"
            label="Why save it all the same"
            hint="Stays with the version, for whoever looks at it later."
          >
            <input
              className="input"
              {...fieldControl('failing-reason', undefined, true)}
              value={failingReason}
              onChange={(event) => setFailingReason(event.target.value)}
            />
          </Field>
        )}
      </form>
    </Dialog>
  );
}

/** Nothing was there before that could have changed. */
const FIRST_NOTE = {
  label: 'Note',
  hint: 'Such as what it reads, and who asked for it. Stands in the list of versions.',
};

const MOST_SHOWN = 8;

function Unmet({ issues }: { issues: readonly Issue[] }) {
  return (
    <ul className="small">
      {issues.slice(0, MOST_SHOWN).map(({ line, message }) => (
        <li key={`${line}:${message}`}>
          Line {line}: {message}
        </li>
      ))}
      {issues.length > MOST_SHOWN && <li className="muted">… {issues.length - MOST_SHOWN} more</li>}
    </ul>
  );
}
