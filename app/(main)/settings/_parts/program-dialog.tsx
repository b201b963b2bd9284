'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { ShownOnce } from '../../../_components/shown-once.tsx';
import { AccessForm, useAccessForm } from './access-form.tsx';
import type { Program, ProgramKind } from './program-kinds.ts';

const FORM = 'program-form';

interface DialogProps<Row extends Program, Made> {
  readonly kind: ProgramKind<Row, Made>;
  readonly onClose: () => void;
}

/** Makes a key or an application and shows its secret, this once. */
export function ProgramDialog<Row extends Program, Made>({ kind, onClose }: DialogProps<Row, Made>) {
  const [made, setMade] = useState<{ readonly value: Made } | null>(null);
  if (made === null) return <MakeProgram kind={kind} onClose={onClose} onMade={(value) => setMade({ value })} />;
  return <ShownOnce title={`The new ${kind.noun}`} values={kind.shown(made.value)} onClose={onClose} />;
}

function MakeProgram<Row extends Program, Made>({
  kind,
  onClose,
  onMade,
}: DialogProps<Row, Made> & { onMade: (made: Made) => void }) {
  const queries = useQueryClient();
  const form = useAccessForm(kind.noun, async (input) => {
    const made = await api.post<Made>(kind.path, input);
    await queries.invalidateQueries({ queryKey: [kind.path] });
    onMade(made);
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={kind.newLabel}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" form={FORM} kind="primary" busy={form.busy}>
            Make {kind.noun}
          </Button>
        </>
      }
    >
      <AccessForm id={FORM} form={form} />
    </Dialog>
  );
}
