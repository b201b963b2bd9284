'use client';

import { useState } from 'react';
import { failureOf } from './api.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { FailureNotice } from './notice.tsx';

interface ConfirmProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** `Delete shop_orders` */
  readonly title: string;
  /** What is lost and what stays, with counts. */
  readonly description: string;
  /** The verb and its object, once more. */
  readonly verb: string;
  /** The way out. */
  readonly keep?: string;
  readonly onConfirm: () => Promise<void>;
}

/** The question before what can't be undone. Stays open with the reason when it is refused. */
export function Confirm({ open, onOpenChange, title, description, verb, keep = 'Keep', onConfirm }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={() => onOpenChange(false)}>{keep}</Button>
      <Button kind="danger" busy={busy} onClick={confirm}>
        {verb}
      </Button>
    </>
  );
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} description={description} footer={footer}>
      {error !== null && <FailureNotice failure={failureOf(error)} alert />}
    </Dialog>
  );
}
