import Link from 'next/link';
import { Notice } from './notice.tsx';

interface TellingChannel {
  readonly name: string;
  readonly enabled: boolean;
  readonly lastDelivery: { readonly status: string; readonly error: string | null } | null;
}

/** Says so when alerting itself fails: whoever relies on a message would else wait for it in vain. */
export function AlertingNotice({ channels, link = false }: { channels: readonly TellingChannel[]; link?: boolean }) {
  const silent = channels.filter(({ enabled, lastDelivery }) => enabled && lastDelivery?.status === 'failed');
  const [first] = silent;
  if (!first) return null;
  const names = silent.map(({ name }) => name).join(', ');
  return (
    <Notice
      state="fail"
      title={`The last alert did not reach ${names}.`}
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
