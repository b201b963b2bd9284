'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { NextState } from '#lib/sync/order.ts';
import { api, failureOf } from '../../../../_components/api.ts';
import { Button } from '../../../../_components/button.tsx';
import { Dialog } from '../../../../_components/dialog.tsx';
import { Field, fieldControl } from '../../../../_components/field.tsx';
import { FailureNotice, Notice } from '../../../../_components/notice.tsx';
import { useSay } from '../../../../_components/toast.tsx';
import type { StreamTaskProps } from './stream-task.ts';

const NONE = 'null';

/** Where the next sync of a stream begins: shown, and changed with care. */
export function StateDialog({ connection, configured, onClose }: StreamTaskProps & { onClose: () => void }) {
  const { name, namespace = '' } = configured.stream;
  const path = `/connections/${connection.id}/states`;
  const { data: states, error } = useQuery({
    queryKey: ['states', connection.id],
    queryFn: () => api.get<NextState[]>(path),
  });
  const stored = states?.find((each) => each.name === name && (each.namespace ?? '') === namespace)?.state ?? null;
  return (
    <Dialog open onOpenChange={onClose} wide title={`State of ${name}`}>
      {error && <FailureNotice failure={failureOf(error)} />}
      {states && <StateForm path={path} name={name} namespace={namespace} stored={text(stored)} onClose={onClose} />}
    </Dialog>
  );
}

function StateForm(props: { path: string; name: string; namespace: string; stored: string; onClose: () => void }) {
  const { path, name, namespace, stored, onClose } = props;
  const [value, setValue] = useState(stored);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const queries = useQueryClient();
  const say = useSay();
  const state = parsed(value);
  const issue = state === undefined ? 'This is no JSON object; null stands for no state.' : undefined;
  const save = async () => {
    if (state === undefined) return;
    setBusy(true);
    setRefusal(null);
    try {
      await api.put(path, { states: [{ name, namespace, state }] });
      await queries.invalidateQueries({ queryKey: ['states'] });
      say.done(`The next sync of ${name} begins from there.`);
      onClose();
    } catch (error) {
      setRefusal(error);
      setBusy(false);
    }
  };
  return (
    <div className="fields">
      <Notice state="warn" title="The next sync begins from what stands here.">
        A later state leaves out what lies between, for good. An earlier one reads rows again: with “append”, they are
        there twice. The table itself stays as it is.
      </Notice>
      <Field id="state" label="State as JSON" error={issue} hint="null: from the beginning.">
        <textarea
          className="input mono"
          rows={10}
          spellCheck={false}
          value={value}
          onChange={(event) => setValue(event.target.value)}
          {...fieldControl('state', issue, true)}
        />
      </Field>
      {refusal !== null && <FailureNotice failure={failureOf(refusal)} alert />}
      <div className="acts">
        <Button onClick={() => setValue(NONE)}>Reset to none</Button>
        <span className="grow" />
        <Button onClick={onClose}>Close</Button>
        <Button kind="primary" busy={busy} disabled={issue !== undefined || value === stored} onClick={save}>
          Set state
        </Button>
      </div>
    </div>
  );
}

function text(state: unknown): string {
  return state === null ? NONE : JSON.stringify(state, null, 2);
}

/** Undefined where the text is no state. */
function parsed(value: string): object | null | undefined {
  try {
    const state: unknown = JSON.parse(value);
    return typeof state === 'object' && !Array.isArray(state) ? state : undefined;
  } catch {
    return undefined;
  }
}
