'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Application } from '#lib/access/applications.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo, TimeAt } from '../../../_components/clock.tsx';
import { Confirm } from '../../../_components/confirm.tsx';
import { Empty } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { ApplicationDialog } from './application-dialog.tsx';

type Row = Wire<Application>;

/** Programs that sign in with a client id and a secret, as Airbyte's clients do. */
export function ApplicationsView({ applications: initial }: { applications: Row[] }) {
  const [making, setMaking] = useState(false);
  const { data: applications } = useQuery({
    queryKey: ['applications'],
    queryFn: () => api.get<Row[]>('/applications'),
    initialData: initial,
  });
  const make = (
    <Button icon="plus" onClick={() => setMaking(true)}>
      New application
    </Button>
  );
  return (
    <>
      <Panel title="Applications" side={applications.length > 0 && make}>
        {applications.length === 0 ? (
          <Empty action={make}>
            None yet. Airflow, Dagster, Terraform and Airbyte’s SDK ask for a client id and a client secret.
          </Empty>
        ) : (
          <Table className="cards" label="Applications" head={<Head />}>
            {applications.map((application) => (
              <ApplicationRow key={application.id} application={application} />
            ))}
          </Table>
        )}
      </Panel>
      {making && <ApplicationDialog onClose={() => setMaking(false)} />}
    </>
  );
}

function Head() {
  return (
    <>
      <th>Name</th>
      <th>Client id</th>
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

function ApplicationRow({ application }: { application: Row }) {
  const [deleting, setDeleting] = useState(false);
  const queries = useQueryClient();
  const remove = async () => {
    await api.delete(`/applications/${application.id}`);
    await queries.invalidateQueries({ queryKey: ['applications'] });
  };
  return (
    <tr>
      <td className="strong">{application.name}</td>
      <td className="mono" data-k="Client id">
        {application.clientId}
      </td>
      <td data-k="Role">{application.role}</td>
      <td className="num" data-k="Made">
        <TimeAt at={application.createdAt} />
      </td>
      <td className="num" data-k="Last used">
        <TimeAgo at={application.lastUsedAt} missing="never" />
      </td>
      <td className="num" data-k="Expires">
        <TimeAgo at={application.expiresAt} missing="never" />
      </td>
      <td className="r">
        <Button kind="danger" size="s" onClick={() => setDeleting(true)} aria-label={`Delete… ${application.name}`}>
          Delete…
        </Button>
        <Confirm
          open={deleting}
          onOpenChange={setDeleting}
          title={`Delete ${application.name}`}
          description="Its tokens are refused from now on."
          verb="Delete application"
          onConfirm={remove}
        />
      </td>
    </tr>
  );
}
