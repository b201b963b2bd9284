'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type FormEvent, type ReactNode, useState } from 'react';
import { api, failureOf } from '../../../../_components/api.ts';
import { Button } from '../../../../_components/button.tsx';
import { Dialog } from '../../../../_components/dialog.tsx';
import { FailureNotice } from '../../../../_components/notice.tsx';
import { useSay } from '../../../../_components/toast.tsx';
import type { StreamTaskProps } from './stream-task.ts';
import { planOf, type TaskDraft } from './task-plan.ts';

const FORM = 'stream-task';

interface TaskDialogProps extends StreamTaskProps {
  readonly title: string;
  /** The verb and its object, once more. */
  readonly verb: string;
  readonly draft: TaskDraft;
  /** Whether the fields are filled in; says so where they are not. */
  readonly isReady: () => boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The fields, the plan that follows from them, and the start; the connection's page then shows how far it is, and stops it. */
export function TaskDialog({
  connection,
  configured,
  table,
  title,
  verb,
  draft,
  isReady,
  onClose,
  children,
}: TaskDialogProps) {
  const { busy, refused, start } = useStart({ connection, configured, table }, draft, onClose);
  const steps = planOf(draft, configured, { table, destination: connection.destination.type });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady()) void start();
  };
  const footer = (
    <>
      <Button onClick={onClose}>Close</Button>
      <Button type="submit" form={FORM} kind="primary" icon="play" busy={busy}>
        {verb}
      </Button>
    </>
  );
  return (
    <Dialog open onOpenChange={onClose} title={title} footer={footer}>
      <form id={FORM} className="fields" onSubmit={submit} noValidate>
        {children}
        <section aria-label="What will happen">
          <h3>What will happen</h3>
          <ol className="steps">
            {steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </section>
        {refused !== null && <FailureNotice failure={failureOf(refused)} alert />}
      </form>
    </Dialog>
  );
}

function useStart({ connection, configured: { stream } }: StreamTaskProps, draft: TaskDraft, onClose: () => void) {
  const say = useSay();
  const router = useRouter();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);
  const start = async () => {
    setBusy(true);
    setRefused(null);
    try {
      const named = { name: stream.name, namespace: stream.namespace ?? '' };
      const { syncId } = await api.post<{ syncId: number }>(
        `/connections/${connection.id}/${draft.kind}`,
        bodyOf(draft, named),
      );
      say.done(`Sync ${syncId} of ${connection.name} reads ${stream.name}.`);
      onClose();
      await queries.invalidateQueries();
      router.push(`/connections/${connection.id}`);
    } catch (error) {
      setRefused(error);
      setBusy(false);
    }
  };
  return { busy, refused, start };
}

function bodyOf(draft: TaskDraft, named: { name: string; namespace: string }) {
  if (draft.kind === 'refresh') return { keepHistory: draft.keepHistory, streams: [named] };
  return { stream: named, from: draft.from.trim(), to: draft.to.trim() || null };
}
