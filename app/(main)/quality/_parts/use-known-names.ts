'use client';

import { useQuery } from '@tanstack/react-query';
import type { Failure } from '#lib/errors.ts';
import type { NamedTable } from '#quality/suggest/suite-names.ts';
import { api, failureOf } from '../../../_components/api.ts';

const FRESH_MS = 60_000;
const NONE: readonly NamedTable[] = [];

interface KnownTables {
  readonly tables: readonly NamedTable[];
  /** Why they are not known. */
  readonly failure: Failure | null;
  readonly isAsking: boolean;
}

/** The tables of a destination with their columns and types, as its database lists them. */
export function useKnownTables(destinationId: string): KnownTables {
  const { data, error, isFetching } = useQuery({
    queryKey: ['tables', destinationId],
    queryFn: () => api.get<NamedTable[]>(`/destinations/${destinationId}/tables`),
    enabled: destinationId !== '',
    staleTime: FRESH_MS,
    retry: false,
  });
  return { tables: data ?? NONE, failure: error ? failureOf(error) : null, isAsking: isFetching };
}
