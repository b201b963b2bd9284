'use client';

import { useQuery } from '@tanstack/react-query';
import { api } from '../../../_components/api.ts';
import type { ConnectionModel, RowModel, SyncRow } from './models.ts';

const EVERY_MS = 3_000;

/** A connection, its health, and its last syncs, kept up to date. */
export function useConnection(first: {
  readonly connection: ConnectionModel;
  readonly row: RowModel;
  readonly syncs: SyncRow[];
}) {
  const { id } = first.connection;
  const { data } = useQuery({
    queryKey: ['connections', id],
    queryFn: async () => {
      const [connection, row, syncs] = await Promise.all([
        api.get<ConnectionModel>(`/connections/${id}`),
        api.get<RowModel>(`/connections/${id}/overview`),
        api.get<SyncRow[]>(`/syncs?connectionId=${id}&limit=20`),
      ]);
      return { connection, row, syncs };
    },
    initialData: first,
    refetchInterval: EVERY_MS,
  });
  return data;
}
