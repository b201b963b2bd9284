import type { ConfiguredStream, DestinationSyncMode, StreamDescriptor, SyncMode } from '#lib/catalog.ts';
import { isJsonObject } from '#lib/json.ts';

export interface Mode {
  readonly id: string;
  readonly label: string;
  readonly syncMode: SyncMode;
  readonly destinationSyncMode: DestinationSyncMode;
}

/** As Airbyte names them; what is read, then what is done with it. */
export const MODES: readonly Mode[] = [
  {
    id: 'incremental_append_dedup',
    label: 'Incremental, deduplicated',
    syncMode: 'incremental',
    destinationSyncMode: 'append_dedup',
  },
  { id: 'incremental_append', label: 'Incremental, append', syncMode: 'incremental', destinationSyncMode: 'append' },
  {
    id: 'full_refresh_overwrite',
    label: 'Full refresh, overwrite',
    syncMode: 'full_refresh',
    destinationSyncMode: 'overwrite',
  },
  {
    id: 'full_refresh_overwrite_dedup',
    label: 'Full refresh, overwrite, deduplicated',
    syncMode: 'full_refresh',
    destinationSyncMode: 'overwrite_dedup',
  },
  { id: 'full_refresh_append', label: 'Full refresh, append', syncMode: 'full_refresh', destinationSyncMode: 'append' },
];

/** What this stream and this destination can do together. */
export function modesOf(stream: StreamDescriptor, supported: readonly DestinationSyncMode[]): Mode[] {
  return MODES.filter(
    (mode) => stream.supportedSyncModes.includes(mode.syncMode) && supported.includes(mode.destinationSyncMode),
  );
}

export function modeOf({ syncMode, destinationSyncMode }: ConfiguredStream): string {
  return `${syncMode}_${destinationSyncMode}`;
}

/** The best that needs no further word: incremental and deduplicated where cursor and key are known, else a full refresh. */
export function suggest(stream: StreamDescriptor, supported: readonly DestinationSyncMode[]): ConfiguredStream {
  const hasKey = stream.sourceDefinedPrimaryKey.length > 0;
  const hasCursor = stream.sourceDefinedCursor || stream.defaultCursorField.length > 0;
  const fits = modesOf(stream, supported).find(
    ({ syncMode, destinationSyncMode }) =>
      (syncMode === 'full_refresh' || hasCursor) && (!destinationSyncMode.endsWith('_dedup') || hasKey),
  );
  const { syncMode, destinationSyncMode } = fits ?? {
    syncMode: 'full_refresh' as const,
    destinationSyncMode: 'append' as const,
  };
  return {
    stream,
    syncMode,
    destinationSyncMode,
    cursorField: stream.defaultCursorField,
    primaryKey: stream.sourceDefinedPrimaryKey,
  };
}

/** Top-level fields that the schema names. */
export function fieldsOf(stream: StreamDescriptor): string[] {
  const { properties } = stream.jsonSchema;
  return isJsonObject(properties) ? Object.keys(properties) : [];
}
