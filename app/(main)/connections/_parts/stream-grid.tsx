'use client';

import { useQuery } from '@tanstack/react-query';
import type { StreamGrid as Grid } from '#lib/connections/stream-grid.ts';
import { api } from '../../../_components/api.ts';
import { Legend } from '../../../_components/charts/waterfall.tsx';
import { TimeAt } from '../../../_components/clock.tsx';
import { formatCount } from '../../../_components/format.ts';
import { Panel, Table } from '../../../_components/panel.tsx';
import { streamState } from '../../../_components/states.ts';
import type { Wire } from '../../../_components/wire.ts';

const LEGEND = [
  ['tick-ok', 'published'],
  ['warn', '! rows put aside'],
  ['block', 'B held'],
  ['fail', 'F failed'],
] as const;

interface StreamGridProps {
  readonly connectionId: string;
  /** The newest sync and how it stands: with it the grid is read again. */
  readonly newest: string;
  readonly chosen: number;
  readonly onChoose: (id: number) => void;
}

/** What each of the last syncs did with each stream; a column opens its sync. */
export function StreamGrid({ connectionId, newest, chosen, onChoose }: StreamGridProps) {
  const { data: grid } = useQuery({
    queryKey: ['connections', connectionId, 'grid', newest],
    queryFn: () => api.get<Wire<Grid>>(`/connections/${connectionId}/grid`),
    placeholderData: (before: Wire<Grid> | undefined) => before,
  });
  if (!grid || grid.streams.length === 0) return null;
  return (
    <Panel title="Streams by sync" sub={`the last ${grid.syncs.length}, newest right`} foot={<Legend items={LEGEND} />}>
      <Table
        label="Streams by sync"
        className="tight by-sync"
        head={
          <>
            <th>Stream</th>
            {grid.syncs.map(({ id, at }) => (
              <th key={id} className={id === chosen ? 'sel' : ''}>
                <button type="button" className="plain" onClick={() => onChoose(id)} aria-label={`Show sync ${id}`}>
                  <span className="vh">
                    <TimeAt at={at} />
                  </span>
                  <span aria-hidden="true">{id % 100}</span>
                </button>
              </th>
            ))}
            <td />
          </>
        }
      >
        {grid.streams.map(({ namespace, name, cells }) => (
          <tr key={`${namespace}.${name}`}>
            <td className="strong nowrap">{name}</td>
            {cells.map((cell, index) => (
              <GridCellView key={grid.syncs[index]?.id} cell={cell} chosen={grid.syncs[index]?.id === chosen} />
            ))}
            <td />
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

/** What is well is pale and empty; trouble is full, and says so in a letter. */
const MARKS = {
  published: '',
  held: 'B',
  failed: 'F',
  discarded: 'D',
  cancelled: 'C',
  waiting: '',
  running: '…',
} as const;

function GridCellView({ cell, chosen }: { cell: Wire<Grid>['streams'][number]['cells'][number]; chosen: boolean }) {
  const classes = chosen ? 'sel' : '';
  if (!cell)
    return (
      <td className={classes}>
        <span className="cell none" title="not in this sync" />
      </td>
    );
  const { state, word } = streamState(cell.status);
  const aside = cell.quarantined > 0 ? `, ${formatCount(cell.quarantined)} put aside` : '';
  const shown = state === 'ok' && cell.quarantined > 0 ? 'warn' : state;
  return (
    <td
      className={classes}
      title={`${word}: ${formatCount(cell.read)} read, ${formatCount(cell.written)} staged${aside}`}
    >
      <span className={`cell c-${shown}`}>
        <span aria-hidden="true">{shown === 'warn' ? '!' : MARKS[cell.status]}</span>
        <span className="vh">
          {word}, {formatCount(cell.written)} records{aside}
        </span>
      </span>
    </td>
  );
}
