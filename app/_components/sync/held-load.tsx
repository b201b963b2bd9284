'use client';

import { useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { api, failureOf } from '../api.ts';
import { Button } from '../button.tsx';
import { TimeAt } from '../clock.tsx';
import { Dialog } from '../dialog.tsx';
import { Field, fieldControl } from '../field.tsx';
import { formatCount, plural } from '../format.ts';
import { FailureNotice } from '../notice.tsx';
import { useKey } from '../shell/shortcuts.tsx';
import { StateMark } from '../state-mark.tsx';
import { useSay } from '../toast.tsx';
import type { Sync } from './use-sync.ts';

/** The streams of a sync whose load waits for a decision. */
export function heldStreams(sync: Sync): Sync['streams'] {
  return sync.streams.filter(({ status }) => status === 'held');
}

const CHOICES = {
  'run-again': {
    title: 'Mend it and load again',
    text: 'Discards the stage and its state, then reads the same records again from the source as it is now.',
    verb: 'Discard and run again',
    done: 'The load was discarded, and a new sync has started.',
  },
  release: {
    title: 'Release as it is',
    text: 'Publishes the staged rows and resumes the schedule. Recorded with your name and reason.',
    verb: 'Release load',
    done: 'The load is being published.',
  },
  discard: {
    title: 'Discard',
    text: 'Drops the stage and its state. The next sync reads the same records again and is checked again.',
    verb: 'Discard load',
    done: 'The load is being discarded.',
  },
} as const;
type Choice = keyof typeof CHOICES;

/** A load that failing checks hold back: what is wrong, and what can be done about it. */
export function HeldLoad({ sync }: { sync: Sync }) {
  const held = heldStreams(sync);
  const [asked, setAsked] = useState<Choice | null>(null);
  useKey('R', () => held.length > 0 && setAsked('release'));
  useKey('D', () => held.length > 0 && setAsked('discard'));
  if (held.length === 0) return null;
  const rows = held.reduce((sum, { written }) => sum + written, 0);
  return (
    <section className="panel held" aria-labelledby="held">
      <header>
        <h2 id="held">
          <StateMark state="block">
            Load {sync.id} is held: {plural(rows, 'row')} of {held.map(({ name }) => name).join(', ')} are not published
          </StateMark>
        </h2>
        <span className="grow" />
        <span className="sub">
          staged {sync.finishedAt && <TimeAt at={sync.finishedAt} />}; readers see what was published before
        </span>
      </header>
      <div className="body">
        <b className="strong">{held[0]?.failure?.message}</b>{' '}
        {sync.heldBy && (
          <Link
            className="link nowrap"
            href={`/quality/${sync.heldBy.suiteId}?check=${encodeURIComponent(sync.heldBy.checkKey)}#failing-rows`}
          >
            Show the rows that fail
          </Link>
        )}
      </div>
      <div className="held-opts">
        {(Object.keys(CHOICES) as Choice[]).map((choice) => (
          <div key={choice}>
            <b className="strong">{CHOICES[choice].title}</b>
            <p>{CHOICES[choice].text}</p>
            <Button
              kind={choice === 'run-again' ? 'primary' : choice === 'discard' ? 'danger' : 'plain'}
              onClick={() => setAsked(choice)}
            >
              {CHOICES[choice].verb}…
            </Button>
          </div>
        ))}
      </div>
      {asked && <Decide sync={sync} rows={rows} choice={asked} onClose={() => setAsked(null)} />}
    </section>
  );
}

interface DecideProps {
  readonly sync: Sync;
  readonly rows: number;
  readonly choice: Choice;
  readonly onClose: () => void;
}

/** Repeats the count and asks why: the answer stays with the sync and in the audit log. */
function Decide({ sync, rows, choice, onClose }: DecideProps) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const router = useRouter();
  const queries = useQueryClient();
  const say = useSay();
  const { verb, text, done } = CHOICES[choice];
  const decide = async () => {
    setBusy(true);
    setRefusal(null);
    try {
      await api.post(`/syncs/${sync.id}/${choice}`, reason.trim() ? { reason: reason.trim() } : {});
      onClose();
      say.done(done);
      await queries.invalidateQueries();
      router.refresh();
    } catch (error) {
      setRefusal(error);
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={onClose}>Keep it held</Button>
      <Button kind={choice === 'release' ? 'primary' : 'danger'} busy={busy} onClick={decide}>
        {verb}
      </Button>
    </>
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`${verb} ${sync.id}`}
      description={`${formatCount(rows)} staged rows. ${text}`}
      footer={footer}
    >
      <Field id="reason" label="Reason" optional>
        <input
          className="input"
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
          {...fieldControl('reason')}
        />
      </Field>
      {refusal !== null && <FailureNotice failure={failureOf(refusal)} alert />}
    </Dialog>
  );
}
