'use client';

import { useQueryState } from 'nuqs';
import { type ReactNode, useEffect, useState } from 'react';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { useConnectionActions } from '../../../_components/connection-menu.tsx';
import { Empty, Notice } from '../../../_components/notice.tsx';
import { Page } from '../../../_components/shell/page.tsx';
import { isLive } from '../../../_components/states.ts';
import { CountsPanel } from '../../../_components/sync/counts-panel.tsx';
import { SyncFailures } from '../../../_components/sync/failure-notices.tsx';
import { FixLinks } from '../../../_components/sync/fix-links.tsx';
import { LogPanel } from '../../../_components/sync/log-panel.tsx';
import { RowsPanel } from '../../../_components/sync/rows-panel.tsx';
import { SyncPanel } from '../../../_components/sync/sync-panel.tsx';
import { type Sync, useSync } from '../../../_components/sync/use-sync.ts';
import { ConnectionHead } from './connection-head.tsx';
import type { ConnectionModel, RowModel, SyncRow } from './models.ts';
import { NowPanel } from './now-panel.tsx';
import { RecordsPanel } from './records-panel.tsx';
import { SchemaPanel } from './schema-panel.tsx';
import { StreamGrid } from './stream-grid.tsx';
import { SyncHistory } from './sync-history.tsx';
import { useConnection } from './use-connection.ts';

interface ConnectionViewProps {
  readonly connection: ConnectionModel;
  readonly row: RowModel;
  readonly syncs: SyncRow[];
  /** The chosen sync, or the last one; null before the first. */
  readonly sync: Sync | null;
}

/** A connection's syncs: the last one as it goes on, or the one that was chosen. */
export function ConnectionView(first: ConnectionViewProps) {
  const { connection, row, syncs } = useConnection(first);
  const { sync, choose } = useChosenSync(first.sync, syncs);
  return (
    <Page crumbs={[{ name: 'Connections', href: '/connections' }, { name: connection.name }]}>
      <ConnectionHead connection={connection} row={row} tab="syncs" />
      {sync === null ? (
        <NeverSynced connection={connection} />
      ) : (
        <div className="stack">
          <PausedNotice connection={connection} />
          <ChosenSync sync={sync} connection={connection}>
            <NowPanel row={row} connection={connection} />
            <SchemaPanel connectionId={connection.id} syncId={sync.id} status={sync.status} />
            <RecordsPanel row={row} />
            <SyncHistory syncs={syncs} chosen={sync.id} onChoose={choose} />
          </ChosenSync>
          <StreamGrid
            connectionId={connection.id}
            newest={`${syncs[0]?.id} ${syncs[0]?.status}`}
            chosen={sync.id}
            onChoose={choose}
          />
        </div>
      )}
    </Page>
  );
}

interface ChosenProps {
  readonly sync: Sync;
  readonly connection: ConnectionModel;
  /** What stands beside it. */
  readonly children: ReactNode;
}

/** A sync as it goes on: why it failed or is held shows the moment it ends. */
function ChosenSync({ sync: initial, connection, children }: ChosenProps) {
  const { sync, ...log } = useSync(initial);
  return (
    <>
      <SyncFailures sync={sync} actions={<FixLinks {...connection} />} />
      <div className="cols c-21">
        <div className="stack">
          <SyncPanel sync={sync} linkToJob />
          <CountsPanel sync={sync} />
          <RowsPanel sync={sync} />
          <LogPanel syncId={sync.id} {...log} live={isLive(sync.status)} />
        </div>
        <div className="stack">{children}</div>
      </div>
    </>
  );
}

/** The newest sync, unless the address names one. A new sync is read as soon as the list has it. */
function useChosenSync(first: Sync | null, syncs: readonly SyncRow[]) {
  const [named, setNamed] = useQueryState('sync');
  const [sync, setSync] = useState(first);
  const newest = syncs[0];
  const wanted = named ? Number(named) : (newest?.id ?? null);
  const status = syncs.find(({ id }) => id === wanted)?.status;
  const stale = wanted !== null && (sync?.id !== wanted || (status !== undefined && sync.status !== status));
  useEffect(() => {
    if (!stale) return;
    let current = true;
    api.get<Sync>(`/syncs/${wanted}`).then(
      (answer) => current && setSync(answer),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [stale, wanted]);
  const choose = (id: number) => void setNamed(id === newest?.id ? null : String(id));
  return { sync, choose };
}

function PausedNotice({ connection }: { connection: ConnectionModel }) {
  const { setPaused } = useConnectionActions(connection.id, connection.name);
  if (connection.status === 'active' || !connection.pausedReason) return null;
  return (
    <Notice
      state="off"
      title="The schedule is paused"
      actions={<Button onClick={() => setPaused(false)}>Resume</Button>}
    >
      {connection.pausedReason}
    </Notice>
  );
}

function NeverSynced({ connection }: { connection: ConnectionModel }) {
  const { syncNow } = useConnectionActions(connection.id, connection.name);
  return (
    <section className="panel">
      <Empty
        action={
          <Button icon="play" onClick={syncNow}>
            Sync {connection.name} now
          </Button>
        }
      >
        This connection has not synced yet.
      </Empty>
    </section>
  );
}
