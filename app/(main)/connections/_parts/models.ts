import type { Connection } from '#lib/connections/connections.ts';
import type { ConnectionRow } from '#lib/connections/overview.ts';
import type { SyncSummary } from '#lib/sync/syncs.ts';
import type { Wire } from '../../../_components/wire.ts';

export type ConnectionModel = Wire<Connection>;
export type RowModel = Wire<ConnectionRow>;
export type SyncRow = Wire<SyncSummary>;
