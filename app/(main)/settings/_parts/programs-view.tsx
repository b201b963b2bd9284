'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiKey } from '#lib/access/api-keys.ts';
import type { Application } from '#lib/access/applications.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo, TimeAt } from '../../../_components/clock.tsx';
import { Confirm } from '../../../_components/confirm.tsx';
import { Empty } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { ProgramDialog } from './program-dialog.tsx';
import { API_KEYS, APPLICATIONS, type Program, type ProgramKind } from './program-kinds.ts';

export function ApiKeysView({ keys }: { keys: Wire<ApiKey>[] }) {
  return <ProgramsView kind={API_KEYS} initial={keys} primary />;
}

export function ApplicationsView({ applications }: { applications: Wire<Application>[] }) {
  return <ProgramsView kind={APPLICATIONS} initial={applications} />;
}

interface ViewProps<Row extends Program, Made> {
  readonly kind: ProgramKind<Row, Made>;
  readonly initial: Row[];
  readonly primary?: boolean;
}

/** The programs that may come in this way; one more is made in a dialog. */
function ProgramsView<Row extends Program, Made>({ kind, initial, primary = false }: ViewProps<Row, Made>) {
  const [making, setMaking] = useState(false);
  const { data: rows } = useQuery({
    queryKey: [kind.path],
    queryFn: () => api.get<Row[]>(kind.path),
    initialData: () => initial,
  });
  const make = (
    <Button {...(primary && { kind: 'primary' as const })} icon="plus" onClick={() => setMaking(true)}>
      {kind.newLabel}
    </Button>
  );
  return (
    <>
      <Panel title={kind.title} side={rows.length > 0 && make}>
        {rows.length === 0 ? (
          <Empty action={make}>{kind.empty}</Empty>
        ) : (
          <Table className="cards" label={kind.label} head={<Head mark={kind.mark.name} />}>
            {rows.map((row) => (
              <ProgramRow key={row.id} kind={kind} row={row} />
            ))}
          </Table>
        )}
      </Panel>
      {making && <ProgramDialog kind={kind} onClose={() => setMaking(false)} />}
    </>
  );
}

function Head({ mark }: { mark: string }) {
  return (
    <>
      <th>Name</th>
      <th>{mark}</th>
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

function ProgramRow<Row extends Program, Made>({ kind, row }: { kind: ProgramKind<Row, Made>; row: Row }) {
  const [deleting, setDeleting] = useState(false);
  const queries = useQueryClient();
  const remove = async () => {
    await api.delete(`${kind.path}/${row.id}`);
    await queries.invalidateQueries({ queryKey: [kind.path] });
  };
  return (
    <tr>
      <td className="strong">{row.name}</td>
      <td className="mono" data-k={kind.mark.name}>
        {kind.mark.of(row)}
      </td>
      <td data-k="Role">{row.role}</td>
      <td className="num" data-k="Made">
        <TimeAt at={row.createdAt} />
      </td>
      <td className="num" data-k="Last used">
        <TimeAgo at={row.lastUsedAt} missing="never" />
      </td>
      <td className="num" data-k="Expires">
        <TimeAgo at={row.expiresAt} missing="never" />
      </td>
      <td className="r">
        <Button kind="danger" size="s" onClick={() => setDeleting(true)} aria-label={`Delete… ${row.name}`}>
          Delete…
        </Button>
        <Confirm
          open={deleting}
          onOpenChange={setDeleting}
          title={`Delete ${row.name}`}
          description={kind.afterDelete}
          verb={`Delete ${kind.noun}`}
          onConfirm={remove}
        />
      </td>
    </tr>
  );
}
