'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Trigger } from '#lib/sync/triggers.ts';
import { api } from '../../../../_components/api.ts';
import { Button } from '../../../../_components/button.tsx';
import { TimeAgo } from '../../../../_components/clock.tsx';
import { Confirm } from '../../../../_components/confirm.tsx';
import { Field, fieldControl } from '../../../../_components/field.tsx';
import { Empty } from '../../../../_components/notice.tsx';
import { Panel, PanelBody, Table } from '../../../../_components/panel.tsx';
import { ShownOnce } from '../../../../_components/shown-once.tsx';
import { useSay } from '../../../../_components/toast.tsx';
import type { Wire } from '../../../../_components/wire.ts';

type Row = Wire<Trigger>;

/** Secret addresses that start its sync. */
export function TriggersPanel({ id, triggers: first, readOnly }: { id: string; triggers: Row[]; readOnly: boolean }) {
  const [url, setUrl] = useState<string | null>(null);
  const { data: triggers } = useQuery({
    queryKey: ['triggers', id],
    queryFn: () => api.get<Row[]>(`/connections/${id}/triggers`),
    initialData: first,
  });
  return (
    <Panel title="Triggers" sub="Secret addresses that start a sync">
      {triggers.length === 0 ? (
        <Empty>None. A program that calls a trigger’s address starts a sync, and needs nothing else.</Empty>
      ) : (
        <Table className="cards" label="Triggers" head={<Head />}>
          {triggers.map((trigger) => (
            <TriggerRow key={trigger.id} id={id} trigger={trigger} readOnly={readOnly} />
          ))}
        </Table>
      )}
      {!readOnly && (
        <PanelBody>
          <MakeTrigger id={id} onMade={setUrl} />
        </PanelBody>
      )}
      {url !== null && (
        <ShownOnce title="The new trigger" values={[['Address', url]]} onClose={() => setUrl(null)}>
          A POST to it starts a sync. Whoever knows it can do that, and nothing else.
        </ShownOnce>
      )}
    </Panel>
  );
}

function Head() {
  return (
    <>
      <th>Trigger</th>
      <th>Last called</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

function TriggerRow({ id, trigger, readOnly }: { id: string; trigger: Row; readOnly: boolean }) {
  const [revoking, setRevoking] = useState(false);
  const queries = useQueryClient();
  const revoke = async () => {
    await api.delete(`/connections/${id}/triggers/${trigger.id}`);
    await queries.invalidateQueries({ queryKey: ['triggers', id] });
  };
  return (
    <tr>
      <td>
        <span className="strong">{trigger.name}</span>
        <span className="sub">by {trigger.createdBy ?? 'somebody'}</span>
      </td>
      <td data-k="Last called">
        <TimeAgo at={trigger.lastUsedAt} missing="never" />
      </td>
      <td className="r">
        {!readOnly && (
          <Button kind="danger" size="s" onClick={() => setRevoking(true)} aria-label={`Revoke… ${trigger.name}`}>
            Revoke…
          </Button>
        )}
        <Confirm
          open={revoking}
          onOpenChange={setRevoking}
          title={`Revoke ${trigger.name}`}
          description="Its address starts nothing any longer. What calls it gets 404."
          verb="Revoke trigger"
          onConfirm={revoke}
        />
      </td>
    </tr>
  );
}

function MakeTrigger({ id, onMade }: { id: string; onMade: (url: string) => void }) {
  const say = useSay();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [error, setError] = useState<string>();
  const make = async (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return setError('Say who will call it.');
    setError(undefined);
    try {
      const { url } = await api.post<{ url: string }>(`/connections/${id}/triggers`, { name });
      setName('');
      onMade(url);
    } catch (refused) {
      say.failed(refused);
    }
    await queries.invalidateQueries({ queryKey: ['triggers', id] });
  };
  return (
    <form className="fields" onSubmit={make} noValidate>
      <Field id="trigger-name" label="New trigger" error={error} hint="Who calls it, such as GitHub Actions.">
        <input
          className="input"
          value={name}
          onChange={(event) => setName(event.target.value)}
          {...fieldControl('trigger-name', error, true)}
        />
      </Field>
      <div className="row">
        <Button type="submit">Make trigger</Button>
      </div>
    </form>
  );
}
