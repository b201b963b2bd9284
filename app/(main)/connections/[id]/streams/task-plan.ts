import type { ConfiguredStream } from '#lib/catalog.ts';
import type { Wire } from '../../../../_components/wire.ts';

type Configured = Wire<ConfiguredStream>;

/** What somebody wants done with one stream in place of the usual. */
export type TaskDraft =
  | { readonly kind: 'refresh'; readonly keepHistory: boolean }
  | { readonly kind: 'backfill'; readonly from: string; readonly to: string };

/** Where the stream lands: the table as the destination calls it, and which kind of destination that is. */
export interface Target {
  readonly table: string;
  readonly destination: string;
}

/** What will happen, step by step, in sentences. */
export function planOf(draft: TaskDraft, configured: Configured, target: Target): string[] {
  return draft.kind === 'refresh'
    ? refreshSteps(draft.keepHistory, configured, target)
    : backfillSteps(draft, configured, target);
}

/** Why a range of the stream can't be read again; null when it can. */
export function cannotBackfill({ syncMode, destinationSyncMode, ...configured }: Configured): string | null {
  if (syncMode !== 'incremental')
    return 'A backfill finds its range by the cursor of an incremental stream. This one is read whole by every sync.';
  if (destinationSyncMode !== 'append_dedup')
    return 'A backfill merges rows by their key. This stream only adds rows: those that are there already would be there twice. Choose “merge by key” for it, or refresh it.';
  return cursorOf(configured) === '' ? 'The stream has no cursor field that a range could be told by.' : null;
}

export function cursorOf({ cursorField, stream }: Pick<Configured, 'cursorField' | 'stream'>): string {
  return (cursorField.length > 0 ? cursorField : stream.defaultCursorField).join('.');
}

function refreshSteps(keepHistory: boolean, configured: Configured, { table, destination }: Target): string[] {
  const { stream, syncMode, destinationSyncMode } = configured;
  const replaces =
    destination === 's3'
      ? `Adds the new files of ${table} when all is read, then takes the old ones away.`
      : `Replaces what ${table} holds when all is read, in one transaction. Until then readers see the rows of now.`;
  const adds = {
    append: `Adds every record to ${table} beside what is there, with a new number in _airbyte_generation_id.`,
    append_dedup: `Merges into ${table} by ${keyOf(configured)}. Rows that the source no longer has stay.`,
    overwrite: replaces,
    overwrite_dedup: replaces,
  };
  return [
    `Reads ${stream.name} from the beginning, whatever was read before.`,
    keepHistory ? adds[destinationSyncMode] : replaces,
    ...(syncMode === 'incremental' ? ['Later syncs go on from where this one ends.'] : []),
  ];
}

function backfillSteps(
  { from, to }: { from: string; to: string },
  configured: Configured,
  { table }: Target,
): string[] {
  const cursor = cursorOf(configured);
  const range = `${from || '…'}${to ? ` up to ${to}` : ' on'}`;
  return [
    `Reads ${configured.stream.name} from ${cursor} ${range}. What the source gives outside of that is left out, and counted as filtered.`,
    `Merges into ${table} by ${keyOf(configured)}. Rows of the table with a newer ${cursor} stay as they are.`,
    'Leaves the state alone: the next sync goes on from where the last one ended.',
  ];
}

function keyOf({ primaryKey }: Configured): string {
  return primaryKey.map((path) => path.join('.')).join(' and ') || 'its key';
}
