'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AllowedHost } from '#lib/access/allowed-hosts.ts';
import { api, failureOf } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAt } from '../../../_components/clock.tsx';
import { Confirm } from '../../../_components/confirm.tsx';
import { Field, FieldsToFix, fieldControl } from '../../../_components/field.tsx';
import { Empty, FailureNotice } from '../../../_components/notice.tsx';
import { Panel, PanelBody, Table } from '../../../_components/panel.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { useForm } from './use-form.ts';

type Host = Wire<AllowedHost>;

export function HostsView({ hosts: initial, readOnly }: { hosts: Host[]; readOnly: boolean }) {
  const { data: hosts } = useQuery({
    queryKey: ['allowed-hosts'],
    queryFn: () => api.get<Host[]>('/allowed-hosts'),
    initialData: initial,
  });
  return (
    <>
      <Panel title="Allowed private hosts">
        {hosts.length === 0 ? (
          <Empty>None. Every request to a private address is refused.</Empty>
        ) : (
          <Table className="cards" label="Allowed private hosts" head={<Head />}>
            {hosts.map((host) => (
              <HostRow key={`${host.host}:${host.port}`} host={host} readOnly={readOnly} />
            ))}
          </Table>
        )}
      </Panel>
      {!readOnly && (
        <Panel title="Allow a host" className="narrow-panel">
          <PanelBody>
            <AllowForm />
          </PanelBody>
        </Panel>
      )}
    </>
  );
}

function Head() {
  return (
    <>
      <th>Host</th>
      <th className="r">Port</th>
      <th>Reason</th>
      <th>Allowed</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

function HostRow({ host: { host, port, reason, createdBy, createdAt }, readOnly }: { host: Host; readOnly: boolean }) {
  const [removing, setRemoving] = useState(false);
  const queries = useQueryClient();
  const remove = async () => {
    await api.delete(`/allowed-hosts/${encodeURIComponent(host)}/${port}`);
    await queries.invalidateQueries({ queryKey: ['allowed-hosts'] });
  };
  return (
    <tr>
      <td className="strong">{host}</td>
      <td className="r num" data-k="Port">
        {port}
      </td>
      <td data-k="Reason">{reason ?? '—'}</td>
      <td data-k="Allowed">
        <TimeAt at={createdAt} />
        {createdBy && <span className="sub">by {createdBy}</span>}
      </td>
      <td className="r">
        {!readOnly && (
          <Button kind="danger" size="s" onClick={() => setRemoving(true)} aria-label={`Refuse… ${host} port ${port}`}>
            Refuse…
          </Button>
        )}
        <Confirm
          open={removing}
          onOpenChange={setRemoving}
          title={`Refuse ${host}:${port}`}
          description="Syncs and tests that reach it fail from now on."
          verb="Refuse host"
          onConfirm={remove}
        />
      </td>
    </tr>
  );
}

function AllowForm() {
  const queries = useQueryClient();
  const form = useForm({
    initial: { host: '', port: '', reason: '' },
    check: hostErrors,
    send: async ({ host, port, reason }) => {
      await api.post('/allowed-hosts', { host: host.trim(), port: Number(port), reason: reason.trim() || null });
      await queries.invalidateQueries({ queryKey: ['allowed-hosts'] });
      form.reset();
    },
  });
  const { values, errors, set } = form;
  const text = (field: 'host' | 'port' | 'reason') => ({
    className: 'input',
    autoComplete: 'off',
    value: values[field],
    onChange: (event: { target: { value: string } }) => set({ [field]: event.target.value }),
    ...fieldControl(field, errors[field], field !== 'port'),
  });
  return (
    <form className="fields" onSubmit={form.submit} noValidate>
      <div className="host-port">
        <Field id="host" label="Host" error={errors.host} hint="A name or address, without a scheme.">
          <input {...text('host')} />
        </Field>
        <Field id="port" label="Port" error={errors.port}>
          <input inputMode="numeric" {...text('port')} />
        </Field>
      </div>
      <Field id="reason" label="Reason" optional hint="For whoever reads this list later.">
        <input {...text('reason')} />
      </Field>
      {form.refusal !== null && <FailureNotice failure={failureOf(form.refusal)} alert />}
      <div className="row">
        <Button type="submit" busy={form.busy}>
          Allow host
        </Button>
        <FieldsToFix ids={Object.keys(errors)} />
      </div>
    </form>
  );
}

function hostErrors({ host, port }: { host: string; port: string }) {
  const errors: Record<string, string> = {};
  if (!host.trim()) errors.host = 'Give a host, such as 10.0.0.5.';
  else if (/[/:\s]/.test(host.trim()) && !/^[\da-f:]+$/i.test(host.trim()))
    errors.host = 'Only the host: no scheme, port or path.';
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) errors.port = 'From 1 to 65535.';
  return errors;
}
