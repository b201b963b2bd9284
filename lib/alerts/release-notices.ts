import type { Db } from '#lib/db/connect.ts';
import type { Message } from './message.ts';
import { type DueNotice, takeDueNotices } from './notice-store.ts';
import { type OutboxContext, send } from './outbox.ts';
import { stampIn } from './zone.ts';

const MOST_AT_ONCE = 1_000;
const LISTED = 30;
/** The worst of a list gives it its colour. */
const STATES: readonly Message['state'][] = ['failed', 'warned', 'recovered', 'test'];

/** Tells what has waited long enough: each bucket of a channel is one message. */
export async function releaseNotices(c: OutboxContext & { readonly db: Db }): Promise<void> {
  await c.db.transaction().execute(async (tx) => {
    const due = await takeDueNotices(tx, c.clock(), MOST_AT_ONCE);
    for (const notices of Map.groupBy(due, ({ channel, bucket }) => `${channel.id} ${bucket}`).values()) {
      const [first] = notices;
      if (!first) continue;
      const isOne = notices.length === 1;
      await send(tx, c, {
        workspaceId: first.workspaceId,
        channel: first.channel,
        connectionId: isOne ? first.connectionId : null,
        syncId: isOne ? first.syncId : null,
        event: notices.every(({ event }) => event === first.event) ? first.event : 'several',
        message: isOne ? first.message : together(notices, first, c.env.publicUrl),
        incidentIds: notices.flatMap(({ incidentIds }) => incidentIds),
        bucket: first.bucket,
      });
    }
  });
}

/** Several messages as one with a list, the worst first. */
export function together(notices: readonly DueNotice[], first: DueNotice, publicUrl: string | null): Message {
  const rank = ({ message }: DueNotice) => STATES.indexOf(message.state);
  const sorted = notices.toSorted((a, b) => rank(a) - rank(b) || a.id - b.id);
  const n = String(notices.length);
  const more = notices.length - LISTED;
  const headline =
    first.many?.replaceAll('{n}', n) ??
    `${n} ${first.bucket === 'digest' ? 'warnings' : 'messages'} since ${stampIn(first.createdAt, first.timeZone)}`;
  const isGroup = first.many !== null;
  const open = first.event === 'recovered' ? null : 'Open incidents';
  return {
    state: sorted[0]?.message.state ?? first.message.state,
    headline,
    lines: [
      ...sorted.slice(0, LISTED).map(({ entry }) => `• ${entry}`),
      ...(more > 0 ? [`• and ${more} more`] : []),
      ...(isGroup ? first.message.lines.filter((line) => line.startsWith('What to do:')) : []),
    ],
    link: publicUrl ? { text: open ?? 'Open the overview', url: `${publicUrl}${open ? '/incidents' : '/'}` } : null,
    footer: isGroup ? 'One cause, told once.' : 'Told together, as the rule says.',
  };
}
