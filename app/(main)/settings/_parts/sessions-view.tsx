'use client';

import { useQuery } from '@tanstack/react-query';
import type { Session as SessionModel } from '#lib/access/sessions.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { useSay } from '../../../_components/toast.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { browserName } from './browser-name.ts';

type Session = Wire<SessionModel>;

/** Where you are signed in; each can be ended but the one that you look from. */
export function SessionsView({ sessions: initial }: { sessions: Session[] }) {
  const say = useSay();
  const { data: sessions, refetch } = useQuery({
    queryKey: ['sessions'],
    queryFn: () => api.get<Session[]>('/sessions'),
    initialData: initial,
  });
  const end = async (id: string) => {
    await api.delete(`/sessions/${id}`).catch(say.failed);
    await refetch();
  };
  return (
    <Panel title="Where you are signed in">
      <Table
        className="cards"
        label="Sessions"
        head={
          <>
            <th>Browser</th>
            <th>From</th>
            <th>Last seen</th>
            <th>
              <span className="vh">Actions</span>
            </th>
          </>
        }
      >
        {sessions.map(({ id, browser, address, usedAt, current }) => (
          <tr key={id}>
            <td title={browser ?? undefined}>{browser === null ? 'unknown' : browserName(browser)}</td>
            <td data-k="From">{address ?? 'unknown'}</td>
            <td data-k="Last seen">{current ? 'this session' : <TimeAgo at={usedAt} />}</td>
            <td className="r wide">
              {!current && (
                <Button size="s" onClick={() => end(id)}>
                  Sign out
                </Button>
              )}
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}
