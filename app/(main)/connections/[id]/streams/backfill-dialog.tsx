'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { api } from '../../../../_components/api.ts';
import { Button } from '../../../../_components/button.tsx';
import { Dialog } from '../../../../_components/dialog.tsx';
import { Field, fieldControl } from '../../../../_components/field.tsx';
import type { StreamTaskProps } from './stream-task.ts';
import { TaskDialog } from './task-dialog.tsx';
import { cannotBackfill, cursorOf } from './task-plan.ts';

type Props = StreamTaskProps & { onClose: () => void };

/** Reads a range of the cursor again, or says why the stream has none. */
export function BackfillDialog({ onClose, ...props }: Props) {
  const { name } = props.configured.stream;
  const reason = cannotBackfill(props.configured);
  if (reason === null) return <RangeDialog {...props} onClose={onClose} />;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Read a range of ${name} again`}
      description={reason}
      footer={<Button onClick={onClose}>Close</Button>}
    />
  );
}

function RangeDialog({ onClose, ...props }: Props) {
  const { connection, configured } = props;
  const { name } = configured.stream;
  const cursor = cursorOf(configured);
  const [range, setRange] = useState({ from: '', to: '' });
  const [error, setError] = useState<string>();
  const readUpTo = useReadUpTo(connection.id, name, cursor);
  const isReady = () => {
    setError(range.from.trim() ? undefined : `Enter the ${cursor} to begin with.`);
    return range.from.trim() !== '';
  };
  const hint = readUpTo
    ? `A day, or as the source writes it. Read so far: up to ${readUpTo}.`
    : 'A day, or as the source writes it.';
  return (
    <TaskDialog
      {...props}
      title={`Read a range of ${name} again`}
      verb={`Backfill ${name}`}
      draft={{ kind: 'backfill', ...range }}
      isReady={isReady}
      onClose={onClose}
    >
      <div className="g2">
        <Field id="backfill-from" label={`From ${cursor}`} hint={hint} error={error}>
          <input
            className="input"
            placeholder="2026-01-01"
            {...fieldControl('backfill-from', error, true)}
            value={range.from}
            onChange={(event) => {
              setError(undefined);
              setRange({ ...range, from: event.target.value });
            }}
          />
        </Field>
        <Field id="backfill-to" label="Up to" optional hint="Included; a day is meant to its end.">
          <input
            className="input"
            placeholder="2026-01-31"
            {...fieldControl('backfill-to', undefined, true)}
            value={range.to}
            onChange={(event) => setRange({ ...range, to: event.target.value })}
          />
        </Field>
      </div>
    </TaskDialog>
  );
}

/** Where the cursor of a stream stands, if its state says so at the top. */
function useReadUpTo(connectionId: string, name: string, cursor: string): string | null {
  const { data } = useQuery({
    queryKey: ['connections', connectionId, 'states'],
    queryFn: () => api.get<{ name: string; state: JsonValue }[]>(`/connections/${connectionId}/states`),
  });
  const state = data?.find((one) => one.name === name)?.state;
  const value = isJsonObject(state) ? state[cursor] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
