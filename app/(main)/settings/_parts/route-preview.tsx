'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Preview } from '#lib/alerts/rules.ts';
import { api } from '../../../_components/api.ts';
import { TimeAt } from '../../../_components/clock.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { eventLabel } from './channel.ts';

interface PreviewProps {
  readonly routes: Wire<Preview>[];
  readonly connections: readonly { readonly id: string; readonly name: string }[];
}

/** Who would be told now, event by event, of one connection or of what belongs to none. */
export function RoutePreview({ routes: initial, connections }: PreviewProps) {
  const [connectionId, setConnectionId] = useState('');
  const { data: routes } = useQuery({
    queryKey: ['alert-routes', connectionId],
    queryFn: () => api.get<Wire<Preview>[]>(`/alert-rules/preview?connectionId=${connectionId}`),
    ...(connectionId === '' && { initialData: initial }),
    placeholderData: (before) => before,
    refetchOnMount: 'always',
  });
  const choice = (
    <select
      className="select"
      style={{ maxWidth: 280 }}
      aria-label="Connection to preview"
      value={connectionId}
      onChange={(event) => setConnectionId(event.target.value)}
    >
      <option value="">No connection in particular</option>
      {connections.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
  return (
    <Panel title="Who would get this" side={choice}>
      <Table className="cards" label="Who would get this" head={<Head />}>
        {(routes ?? initial).map((route) => (
          <tr key={route.event}>
            <td>{eventLabel(route.event)}</td>
            <td data-k="Told">
              {route.channels.map(({ name }) => name).join(', ') || <span className="muted">nobody</span>}
            </td>
            <td data-k="When">
              <When route={route} />
            </td>
            <td data-k="Because of">{route.rule?.name ?? <span className="muted">no rule</span>}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function Head() {
  return (
    <>
      <th>Event</th>
      <th>Told</th>
      <th>When</th>
      <th>Because of</th>
    </>
  );
}

function When({ route: { channels, waits, failuresInARow } }: { route: Wire<Preview> }) {
  if (channels.length === 0) return <span className="muted">—</span>;
  return (
    <>
      {waits === null ? 'at once' : waits.why === 'digest' ? 'with the digest, ' : 'after the quiet hours, '}
      {waits !== null && <TimeAt at={waits.dueAt} inZone={waits.timeZone} />}
      {failuresInARow > 1 && <span className="sub">from {failuresInARow} failures in a row</span>}
    </>
  );
}
