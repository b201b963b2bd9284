'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { parseAsInteger, useQueryState } from 'nuqs';
import { useState } from 'react';
import type { Quarantine } from '#lib/sync/quarantine.ts';
import { api, failureOf } from '../../../../_components/api.ts';
import { Button } from '../../../../_components/button.tsx';
import { TimeAt } from '../../../../_components/clock.tsx';
import { Confirm } from '../../../../_components/confirm.tsx';
import { formatCount, plural } from '../../../../_components/format.ts';
import { Empty, FailureNotice } from '../../../../_components/notice.tsx';
import { Panel, Table } from '../../../../_components/panel.tsx';
import { useSay } from '../../../../_components/toast.tsx';
import type { Wire } from '../../../../_components/wire.ts';

type Model = Wire<Quarantine>;
type Entry = Model['rows'][number];

const SHOWN = 100;
const PLACES: Readonly<Record<string, string>> = {
  postgres: 'at the destination, in the table _weir.quarantine',
  s3: 'in the bucket, below _weir/',
};

/** Rows that were put aside: why, where they came from, the record; to be loaded again after a fix, or forgotten. */
export function QuarantineView({ id, name, destination }: { id: string; name: string; destination: string }) {
  const say = useSay();
  const queries = useQueryClient();
  const [ofSync, setOfSync] = useQueryState('sync', parseAsInteger);
  const [forgetting, setForgetting] = useState<'these' | 'all' | null>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['connections', id, 'quarantine', ofSync],
    queryFn: () => api.get<Model>(`/connections/${id}/quarantine?limit=${SHOWN}${ofSync ? `&syncId=${ofSync}` : ''}`),
    retry: false,
  });
  const replay = async () => {
    try {
      const { syncId } = await api.post<{ syncId: number }>(`/connections/${id}/quarantine/replay`);
      say.done(`Sync ${syncId} of ${name} loads the quarantine again.`);
    } catch (refused) {
      say.failed(refused);
    }
    await queries.invalidateQueries();
  };
  const forget = async () => {
    const which =
      forgetting === 'all'
        ? { tables: [...new Set(data?.counts.map(({ table }) => table))] }
        : { ids: data?.rows.map((row) => row.id) ?? [] };
    const { forgotten } = await api.post<{ forgotten: number }>(`/connections/${id}/quarantine/forget`, which);
    say.done(`${plural(forgotten, 'row')} forgotten.`);
    await refetch();
  };
  if (isPending)
    return (
      <Panel>
        <Empty>Asking the destination.</Empty>
      </Panel>
    );
  if (error) {
    const again = <Button onClick={() => refetch()}>Ask again</Button>;
    return <FailureNotice failure={failureOf(error)} title="The quarantine can’t be shown" actions={again} />;
  }
  const total = data.counts.reduce((sum, { rows }) => sum + rows, 0);
  if (total === 0) {
    return (
      <Panel>
        <Empty>Nothing was put aside. Rows that can’t be written, or whose key is missing, come here.</Empty>
      </Panel>
    );
  }
  return (
    <div className="stack">
      {ofSync !== null && (
        <p className="row small">
          Only rows of sync {ofSync}.
          <button type="button" className="link" onClick={() => void setOfSync(null)}>
            Show all
          </button>
        </p>
      )}
      <Panel
        title="Rows put aside"
        sub={data.counts.map(({ table, rows }) => `${table} ${formatCount(rows)}`).join(', ')}
        side={
          <span className="row">
            {ofSync === null && total > data.rows.length && (
              <Button onClick={() => setForgetting('all')}>Forget all</Button>
            )}
            <Button onClick={() => setForgetting('these')}>Forget these</Button>
            <Button kind="primary" icon="play" onClick={replay}>
              Load again
            </Button>
          </span>
        }
        foot={
          <span className="sub">
            {total > data.rows.length ? `The newest ${data.rows.length} of ${formatCount(total)}. ` : ''}
            They lie {PLACES[destination] ?? 'at the destination'}.
          </span>
        }
      >
        <Table className="cards" label="Rows put aside" head={<Head />}>
          {data.rows.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </Table>
      </Panel>
      <Confirm
        open={forgetting !== null}
        onOpenChange={(open) => !open && setForgetting(null)}
        title={`Forget ${plural(forgetting === 'all' ? total : data.rows.length, 'row')}`}
        description="The records are deleted from the quarantine. What the source still has comes with the next full refresh."
        verb="Forget rows"
        onConfirm={forget}
      />
    </div>
  );
}

function Head() {
  return (
    <>
      <th>Stream</th>
      <th>Why</th>
      <th>Record</th>
      <th>Sync</th>
      <th>Place</th>
      <th>When</th>
    </>
  );
}

function Row({ row }: { row: Entry }) {
  return (
    <tr>
      <td className="strong">{row.table}</td>
      <td className="wide" data-k="Why">
        {row.reason}
        <span className="sub mono">{row.code}</span>
      </td>
      <td className="wide" data-k="Record">
        <details>
          <summary className="mono small clip">{row.record.slice(0, 80)}</summary>
          <code className="small">{row.record}</code>
        </details>
      </td>
      <td className="num" data-k="Sync">
        <Link className="mono" href={`/jobs/${row.syncId}`}>
          {row.syncId}
        </Link>
      </td>
      <td className="num nowrap" data-k="Place">
        page {row.page}, row {row.row}
        {row.slice && <span className="sub">{row.slice}</span>}
      </td>
      <td className="num" data-k="When">
        <TimeAt at={row.at} />
      </td>
    </tr>
  );
}
