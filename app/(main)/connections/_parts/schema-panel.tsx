'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { SchemaDiff, SchemaVersion } from '#lib/connections/schema-history.ts';
import { api } from '../../../_components/api.ts';
import { Panel } from '../../../_components/panel.tsx';
import type { Wire } from '../../../_components/wire.ts';
import { SchemaLines, schemaWords } from './schema-lines.tsx';

interface SchemaPanelProps {
  readonly connectionId: string;
  readonly syncId: number;
  /** How the sync stands: with it what it changed is read again. */
  readonly status: string;
}

/** What a sync changed in the columns of its streams, where it did. */
export function SchemaPanel({ connectionId, syncId, status }: SchemaPanelProps) {
  const { data: versions = [] } = useQuery({
    queryKey: ['connections', connectionId, 'schemas', syncId, status],
    queryFn: () => api.get<Wire<SchemaVersion>[]>(`/connections/${connectionId}/schemas`),
  });
  return versions
    .filter((version) => version.syncId === syncId && !version.isFirst)
    .map((version) => <Changed key={version.id} connectionId={connectionId} version={version} />);
}

function Changed({ connectionId, version }: { connectionId: string; version: Wire<SchemaVersion> }) {
  const { data } = useQuery({
    queryKey: ['connections', connectionId, 'schema', version.id],
    queryFn: () => api.get<Wire<SchemaDiff>>(`/connections/${connectionId}/schemas/${version.id}`),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Panel
      title="Schema change"
      sub={`${version.stream}: ${schemaWords(version)}`}
      foot={
        <Link className="link small" href={`/connections/${connectionId}/schema?version=${version.id}`}>
          The whole schema, before and after
        </Link>
      }
    >
      <SchemaLines
        lines={(data?.lines ?? []).filter(({ kind }) => kind !== 'same')}
        label={`Columns of ${version.stream} that changed`}
      />
    </Panel>
  );
}
