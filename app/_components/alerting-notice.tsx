import Link from 'next/link';
import { Notice } from './notice.tsx';

interface TellingChannel {
  readonly name: string;
  readonly enabled: boolean;
  readonly lastDelivery: { readonly status: string; readonly error: string | null } | null;
}

/** Says so when alerting itself fails: whoever relies on a message would else wait for it in vain. */
export function AlertingNotice({ channels, link = false }: { channels: readonly TellingChannel[]; link?: boolean }) {
  const { lost, waiting } = silentChannels(channels);
  const silent = lost.length > 0 ? lost : waiting;
  const [first] = silent;
  if (!first) return null;
  const names = silent.map(({ name }) => name).join(', ');
  return (
    <Notice
      state={lost.length > 0 ? 'fail' : 'warn'}
      title={
        lost.length > 0
          ? `The last alert did not reach ${names}.`
          : `The last alert has not reached ${names} yet. It is tried again.`
      }
      actions={
        link && (
          <Link className="btn s" href="/settings/notifications">
            Open notifications
          </Link>
        )
      }
    >
      {first.lastDelivery?.error}
    </Notice>
  );
}

/** Channels whose last message was given up, and those whose last message was tried in vain so far. */
export function silentChannels(channels: readonly TellingChannel[]) {
  const on = channels.filter(({ enabled }) => enabled);
  return {
    lost: on.filter(({ lastDelivery }) => lastDelivery?.status === 'failed'),
    waiting: on.filter(({ lastDelivery }) => lastDelivery?.status === 'pending' && lastDelivery.error !== null),
  };
}
