'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { Field, fieldControl } from '../../../_components/field.tsx';
import type { Incident } from '../../../_components/incidents-table.tsx';
import { Menu, MenuItem } from '../../../_components/menu.tsx';
import { FailureNotice } from '../../../_components/notice.tsx';
import { useKey } from '../../../_components/shell/shortcuts.tsx';
import { useSay } from '../../../_components/toast.tsx';

const HOUR_MS = 3_600_000;
const SNOOZES = [
  { words: '1 hour', hours: 1 },
  { words: '8 hours', hours: 8 },
  { words: '1 day', hours: 24 },
  { words: '1 week', hours: 168 },
];
const REASONS = {
  fixed: 'Fixed',
  expected: 'It was expected',
  false_alarm: 'A false alarm',
  other: 'Another reason',
};

/** Acknowledge, snooze, resolve with a reason. */
export function IncidentActions({ incident }: { incident: Incident }) {
  const [resolving, setResolving] = useState(false);
  const [snoozing, setSnoozing] = useState(false);
  const say = useSay();
  const queries = useQueryClient();
  const act = async (verb: string, body: object, done: string) => {
    try {
      await api.post(`/incidents/${incident.id}/${verb}`, body);
      say.done(done);
    } catch (error) {
      say.failed(error);
    }
    await queries.invalidateQueries({ queryKey: ['incidents'] });
  };
  const open = incident.status === 'open';
  const acknowledge = () => act('acknowledge', {}, `INC-${incident.id} is acknowledged.`);
  useKey('a', () => open && void acknowledge());
  useKey('z', () => setSnoozing(true));
  const snooze = (hours: number, words: string) => {
    const until = new Date(Date.now() + hours * HOUR_MS).toISOString();
    return act('snooze', { until }, `INC-${incident.id} is quiet for ${words}.`);
  };
  return (
    <>
      {open && (
        <Button onClick={acknowledge} aria-keyshortcuts="A">
          Acknowledge <kbd>A</kbd>
        </Button>
      )}
      <Menu
        trigger={
          <Button aria-keyshortcuts="Z">
            Snooze <kbd>Z</kbd>
          </Button>
        }
        open={snoozing}
        onOpenChange={setSnoozing}
      >
        {SNOOZES.map(({ words, hours }) => (
          <MenuItem key={words} onSelect={() => snooze(hours, words)}>
            For {words}
          </MenuItem>
        ))}
      </Menu>
      <Button kind="primary" onClick={() => setResolving(true)}>
        Resolve…
      </Button>
      {resolving && <Resolve incident={incident} onClose={() => setResolving(false)} />}
    </>
  );
}

/** Asks why: the answer stays with the incident, and “expected” teaches an anomaly check. */
function Resolve({ incident, onClose }: { incident: Incident; onClose: () => void }) {
  const [reason, setReason] = useState('fixed');
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const queries = useQueryClient();
  const resolve = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      await api.post(`/incidents/${incident.id}/resolve`, { reason, ...(note.trim() && { note: note.trim() }) });
      onClose();
      await queries.invalidateQueries({ queryKey: ['incidents'] });
    } catch (error) {
      setRefusal(error);
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={onClose}>Keep it open</Button>
      <Button kind="primary" busy={busy} onClick={resolve}>
        Resolve incident
      </Button>
    </>
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Resolve INC-${incident.id}`}
      description="It opens again, as a new one, if its cause is seen again."
      footer={footer}
    >
      <Field
        id="reason"
        label="Reason"
        hint="Expected and false alarm let an anomaly check learn from what it measured."
      >
        <select
          className="input"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          {...fieldControl('reason', undefined, 'hint')}
        >
          {Object.entries(REASONS).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </Field>
      <Field id="note" label="Note" optional>
        <input
          className="input"
          value={note}
          maxLength={500}
          onChange={(event) => setNote(event.target.value)}
          {...fieldControl('note')}
        />
      </Field>
      {refusal !== null && <FailureNotice failure={failureOf(refusal)} alert />}
    </Dialog>
  );
}
