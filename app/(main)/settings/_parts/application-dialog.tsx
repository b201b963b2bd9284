'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { ShownOnce } from '../../../_components/shown-once.tsx';
import { AccessForm, useAccessForm } from './access-form.tsx';

const FORM = 'application-form';

interface Made {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Makes an application and shows its secret, this once. */
export function ApplicationDialog({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<Made | null>(null);
  if (made === null) return <MakeApplication onClose={onClose} onMade={setMade} />;
  const values = [
    ['Client id', made.clientId],
    ['Client secret', made.clientSecret],
  ] as const;
  return <ShownOnce title="The new application" values={values} onClose={onClose} />;
}

function MakeApplication({ onClose, onMade }: { onClose: () => void; onMade: (made: Made) => void }) {
  const queries = useQueryClient();
  const form = useAccessForm('application', async (input) => {
    const made = await api.post<Made>('/applications', input);
    await queries.invalidateQueries({ queryKey: ['applications'] });
    onMade(made);
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="New application"
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" form={FORM} kind="primary" busy={form.busy}>
            Make application
          </Button>
        </>
      }
    >
      <AccessForm id={FORM} form={form} />
    </Dialog>
  );
}
