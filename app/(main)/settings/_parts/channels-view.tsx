'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { AlertingNotice } from '../../../_components/alerting-notice.tsx';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Empty } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { type Channel, channelForm, EVENTS } from './channel.ts';
import { ChannelDialog } from './channel-dialog.tsx';
import { RowActions } from './row-actions.tsx';

const EVERY_MS = 5_000;

export function ChannelsView({ channels: initial, readOnly }: { channels: Channel[]; readOnly: boolean }) {
  const [edited, setEdited] = useState<Channel | 'new' | null>(null);
  const { data: channels } = useQuery({
    queryKey: ['channels'],
    queryFn: () => api.get<Channel[]>('/channels'),
    initialData: initial,
    refetchInterval: EVERY_MS,
  });
  const add = (
    <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
      Add a channel
    </Button>
  );
  return (
    <>
      <AlertingNotice channels={channels} />
      <Panel
        title="Channels"
        sub={channels.length > 0 && 'Slack, webhooks and mail'}
        side={channels.length > 0 && !readOnly && add}
      >
        {channels.length === 0 ? (
          <Empty action={!readOnly && add}>
            No channel yet. Add Slack, a webhook of your own or a mail address, and Weir tells it of failures and
            recoveries.
          </Empty>
        ) : (
          <Table className="cards" label="Channels" head={<Head />}>
            {channels.map((channel) => (
              <ChannelRow key={channel.id} channel={channel} readOnly={readOnly} onEdit={() => setEdited(channel)} />
            ))}
          </Table>
        )}
      </Panel>
      {edited !== null && <ChannelDialog channel={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </>
  );
}

function Head() {
  return (
    <>
      <th>Channel</th>
      <th>Hears of</th>
      <th>Last message</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

function ChannelRow({ channel, readOnly, onEdit }: { channel: Channel; readOnly: boolean; onEdit: () => void }) {
  const { test, testing, setEnabled, remove } = useChannelActions(channel);
  const words = EVENTS.filter(({ event }) => channel.events.includes(event)).map(({ short }) => short);
  return (
    <tr className={channel.enabled ? '' : 'dim'}>
      <td>
        <span className="strong">{channel.name}</span>
        <span className="sub">
          {channelForm(channel.type).label}
          {!channel.enabled && ', off'}
        </span>
      </td>
      <td data-k="Hears of">{words.length === EVENTS.length ? 'everything' : words.join(', ') || 'nothing'}</td>
      <td data-k="Last message" className="wrap-cell">
        <LastDelivery delivery={channel.lastDelivery} />
      </td>
      <td className="r wide">
        {!readOnly && (
          <span className="row" style={{ justifyContent: 'flex-end' }}>
            <Button size="s" busy={testing} onClick={test}>
              Send a test
            </Button>
            <RowActions
              name={channel.name}
              kind="channel"
              enabled={channel.enabled}
              whenDeleted="The channel hears nothing more. Its secrets are forgotten."
              onEdit={onEdit}
              onEnable={setEnabled}
              onDelete={remove}
            />
          </span>
        )}
      </td>
    </tr>
  );
}

function LastDelivery({ delivery }: { delivery: Channel['lastDelivery'] }) {
  if (!delivery) return <span className="muted">none yet</span>;
  const { state, word } = {
    sent: { state: 'ok', word: 'Delivered' },
    pending: { state: 'retry', word: 'Being sent' },
    failed: { state: 'fail', word: 'Not delivered' },
  }[delivery.status] as { state: 'ok' | 'retry' | 'fail'; word: string };
  return (
    <>
      <StateMark state={state}>{word}</StateMark>
      <span className="sub">
        <TimeAgo at={delivery.at} />
        {delivery.error && `. ${delivery.error}`}
      </span>
    </>
  );
}

function useChannelActions({ id, name }: Channel) {
  const say = useSay();
  const queries = useQueryClient();
  const [testing, setTesting] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ['channels'] });
  return {
    testing,
    test: async () => {
      setTesting(true);
      try {
        const { ok, message } = await api.post<{ ok: boolean; message: string }>(`/channels/${id}/test`);
        if (ok) say.done(`A test message went to ${name}.`);
        else say.failed(new Error(message));
      } catch (error) {
        say.failed(error);
      } finally {
        setTesting(false);
        await refresh();
      }
    },
    setEnabled: async (enabled: boolean) => {
      await api.patch(`/channels/${id}`, { enabled }).catch(say.failed);
      await refresh();
    },
    remove: async () => {
      await api.delete(`/channels/${id}`);
      await refresh();
    },
  };
}
