'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiKey } from '#lib/access/api-keys.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo, TimeAt } from '../../../_components/clock.tsx';
import { Confirm } from '../../../_components/confirm.tsx';
import { Empty } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { ApiKeyDialog } from './api-key-dialog.tsx';

type Key = Wire<ApiKey>;

export function ApiKeysView({ keys: initial }: { keys: Key[] }) {
  const [making, setMaking] = useState(false);
  const { data: keys } = useQuery({
    queryKey: ['api-keys'],
    queryFn: () => api.get<Key[]>('/api-keys'),
    initialData: initial,
  });
  const make = (
    <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
      New API key
    </Button>
  );
  return (
    <>
      <Panel title="Keys" side={keys.length > 0 && make}>
        {keys.length === 0 ? (
          <Empty action={make}>No key yet. Programs send one as “Authorization: Bearer …”.</Empty>
        ) : (
          <Table className="cards" label="API keys" head={<Head />}>
            {keys.map((key) => (
              <KeyRow key={key.id} apiKey={key} />
            ))}
          </Table>
        )}
      </Panel>
      {making && <ApiKeyDialog onClose={() => setMaking(false)} />}
    </>
  );
}

function Head() {
  return (
    <>
      <th>Name</th>
      <th>Begins with</th>
      <th>Role</th>
      <th>Made</th>
      <th>Last used</th>
      <th>Expires</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

function KeyRow({ apiKey }: { apiKey: Key }) {
  const [deleting, setDeleting] = useState(false);
  const queries = useQueryClient();
  const remove = async () => {
    await api.delete(`/api-keys/${apiKey.id}`);
    await queries.invalidateQueries({ queryKey: ['api-keys'] });
  };
  return (
    <tr>
      <td className="strong">{apiKey.name}</td>
      <td className="mono" data-k="Begins with">
        {apiKey.prefix}…
      </td>
      <td data-k="Role">{apiKey.role}</td>
      <td className="num" data-k="Made">
        <TimeAt at={apiKey.createdAt} />
      </td>
      <td className="num" data-k="Last used">
        <TimeAgo at={apiKey.lastUsedAt} missing="never" />
      </td>
      <td className="num" data-k="Expires">
        <TimeAgo at={apiKey.expiresAt} missing="never" />
      </td>
      <td className="r">
        <Button kind="danger" size="s" onClick={() => setDeleting(true)} aria-label={`Delete… ${apiKey.name}`}>
          Delete…
        </Button>
        <Confirm
          open={deleting}
          onOpenChange={setDeleting}
          title={`Delete ${apiKey.name}`}
          description="Programs that use this key are refused from now on."
          verb="Delete key"
          onConfirm={remove}
        />
      </td>
    </tr>
  );
}
