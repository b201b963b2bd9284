'use client';

import { TimeAt } from '../../../_components/clock.tsx';
import { formatCount } from '../../../_components/format.ts';
import { Panel, Table } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { syncState } from '../../../_components/states.ts';
import { SyncDuration } from '../../../_components/sync/syncs-table.tsx';
import type { SyncRow } from './models.ts';

interface SyncHistoryProps {
  readonly syncs: readonly SyncRow[];
  readonly chosen: number;
  readonly onChoose: (id: number) => void;
}

/** The last syncs; one of them is shown beside. */
export function SyncHistory({ syncs, chosen, onChoose }: SyncHistoryProps) {
  return (
    <Panel title="Syncs">
      <Table label="Last syncs" className="tight" head={<Head />}>
        {syncs.map((sync) => (
          <HistoryRow key={sync.id} sync={sync} chosen={sync.id === chosen} onChoose={onChoose} />
        ))}
      </Table>
    </Panel>
  );
}

function Head() {
  return (
    <>
      <th>Sync</th>
      <th>State</th>
      <th>Started</th>
      <th className="r">Took</th>
      <th className="r">Staged</th>
    </>
  );
}

function HistoryRow({ sync, chosen, onChoose }: { sync: SyncRow; chosen: boolean; onChoose: (id: number) => void }) {
  const { state, word } = syncState(sync);
  return (
    <tr className={chosen ? 'sel' : ''}>
      <td className="num mono">
        <button type="button" className="plain" aria-pressed={chosen} onClick={() => onChoose(sync.id)}>
          {sync.id}
        </button>
      </td>
      <td>
        <StateMark state={state}>{word}</StateMark>
      </td>
      <td className="num">
        <TimeAt at={sync.startedAt ?? sync.createdAt} />
      </td>
      <td className="r num">
        <SyncDuration sync={sync} />
      </td>
      <td className="r num muted">{formatCount(sync.written)}</td>
    </tr>
  );
}
