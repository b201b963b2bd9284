'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { Dialog } from '../../../_components/dialog.tsx';
import { ShownOnce } from '../../../_components/shown-once.tsx';
import { AccessForm, useAccessForm } from './access-form.tsx';

const FORM = 'api-key-form';

/** Makes a key and shows it, this once. */
export function ApiKeyDialog({ onClose }: { onClose: () => void }) {
  const [secret, setSecret] = useState<string | null>(null);
  return secret === null ? (
    <MakeKey onClose={onClose} onMade={setSecret} />
  ) : (
    <ShownOnce title="The new key" values={[['API key', secret]]} onClose={onClose} />
  );
}

function MakeKey({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const queries = useQueryClient();
  const form = useAccessForm('key', async (input) => {
    const { secret } = await api.post<{ secret: string }>('/api-keys', input);
    await queries.invalidateQueries({ queryKey: ['api-keys'] });
    onMade(secret);
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="New API key"
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" form={FORM} kind="primary" busy={form.busy}>
            Make key
          </Button>
        </>
      }
    >
      <AccessForm id={FORM} form={form} />
    </Dialog>
  );
}
