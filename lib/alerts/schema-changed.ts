import type { Db } from '#lib/db/connect.ts';
import { enqueue } from './outbox.ts';
import { type NotifyContext, pageLink, type SyncFinished } from './tell.ts';

const LISTED = 20;
const WORDS: Readonly<Record<string, string>> = {
  column_added: 'new column',
  column_widened: 'wider column',
  field_left_out: 'new field, left out',
  stream_added: 'new stream',
  stream_removed: 'stream is gone',
};

/** Tells what a sync found changed in the shape of its streams, all of it in one message. */
export async function tellSchemaChanges(tx: Db, c: NotifyContext, sync: SyncFinished, name: string): Promise<void> {
  const changes = await tx
    .selectFrom('schema_change')
    .select(['stream', 'change', 'field', 'detail'])
    .where('connection_id', '=', sync.connectionId)
    .where('sync_id', '=', sync.syncId)
    .orderBy('id')
    .execute();
  const [first] = changes;
  if (!first) return;
  const lines = changes.map(({ stream, change, field, detail }) =>
    [`${stream}: ${WORDS[change] ?? change}`, field, detail && `(${detail})`].filter(Boolean).join(' '),
  );
  const more = lines.length - LISTED;
  await enqueue(tx, c, sync, 'schema_changed', {
    state: 'warned',
    headline:
      lines.length === 1
        ? `Schema changed: ${name}, ${lines[0]}`
        : `Schema changed: ${name}, ${lines.length} changes, first ${lines[0]}`,
    lines: [...lines.slice(0, LISTED).map((line) => `• ${line}`), ...(more > 0 ? [`• and ${more} more`] : [])],
    link: pageLink(c, `/connections/${sync.connectionId}/streams`, `Open ${name}`),
    footer: '',
  });
}
