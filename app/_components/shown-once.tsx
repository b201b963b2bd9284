'use client';

import { type ReactNode, useId, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Field, fieldControl } from './field.tsx';
import { Notice } from './notice.tsx';

interface ShownOnceProps {
  readonly title: string;
  /** Each with its label, the secret among them. */
  readonly values: readonly (readonly [label: string, value: string])[];
  readonly onClose: () => void;
  /** What to do with it; where it is for no program. */
  readonly children?: ReactNode;
}

/** What a program needs to come in, shown this once. */
export function ShownOnce({ title, values, onClose, children }: ShownOnceProps) {
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={title}
      footer={
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Notice state="warn" title="This is shown once.">
        {children ?? 'Weir keeps only a hash of it. Put it where the program finds it.'}
      </Notice>
      {values.map(([label, value]) => (
        <Copied key={label} label={label} value={value} />
      ))}
    </Dialog>
  );
}

function Copied({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  const id = useId();
  const copy = async () => {
    await navigator.clipboard?.writeText(value);
    setCopied(true);
  };
  return (
    <Field id={id} label={label}>
      <div className="masked">
        <input
          className="input mono"
          readOnly
          value={value}
          onFocus={(event) => event.target.select()}
          {...fieldControl(id)}
        />
        <Button icon={copied ? 'check' : 'copy'} onClick={copy} aria-label={`Copy ${label}`}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
    </Field>
  );
}
