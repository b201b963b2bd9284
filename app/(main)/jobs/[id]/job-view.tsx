'use client';

import Link from 'next/link';
import type { ComponentProps } from 'react';
import { Button } from '../../../_components/button.tsx';
import { TimeAt } from '../../../_components/clock.tsx';
import { useConnectionActions } from '../../../_components/connection-menu.tsx';
import { formatBytes, formatBytesOf, formatCount } from '../../../_components/format.ts';
import { Fact, Facts, Panel, PanelBody } from '../../../_components/panel.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { isLive, syncState } from '../../../_components/states.ts';
import { CountsPanel } from '../../../_components/sync/counts-panel.tsx';
import { SyncFailures } from '../../../_components/sync/failure-notices.tsx';
import { FixLinks } from '../../../_components/sync/fix-links.tsx';
import { heldStreams } from '../../../_components/sync/held-load.tsx';
import { LogPanel } from '../../../_components/sync/log-panel.tsx';
import { RowsPanel } from '../../../_components/sync/rows-panel.tsx';
import { SyncPanel } from '../../../_components/sync/sync-panel.tsx';
import { SyncDuration } from '../../../_components/sync/syncs-table.tsx';
import { taskWords } from '../../../_components/sync/task-words.ts';
import { type Sync, useSync } from '../../../_components/sync/use-sync.ts';
import { AttemptsPanel } from './attempts-panel.tsx';

/** One sync: what failed and what to do, its streams, its counts, its log, its attempts. */
export function JobView({ sync: initial, ends }: { sync: Sync; ends: ComponentProps<typeof FixLinks> }) {
  const { sync, ...log } = useSync(initial);
  const live = isLive(sync.status);
  const { state, word } = syncState(sync);
  const task = taskWords(sync.task);
  return (
    <Page crumbs={[{ name: 'Jobs', href: '/jobs' }, { name: `Sync ${sync.id}` }]}>
      <PageHead
        title={`Sync ${sync.id}`}
        marks={
          <StateMark state={state} pill>
            {word}
          </StateMark>
        }
        actions={<Actions sync={sync} />}
      >
        Of{' '}
        <Link className="link" href={`/connections/${sync.connectionId}`}>
          {sync.connectionName}
        </Link>
        , {task && `${task}, `}begun {BEGUN[sync.trigger]}.
      </PageHead>
      <div className="stack">
        <SyncFailures sync={sync} actions={<FixLinks {...ends} />} />
        <div className="cols c-21">
          <div className="stack">
            <SyncPanel sync={sync} />
            <CountsPanel sync={sync} />
            <RowsPanel sync={sync} />
            <LogPanel syncId={sync.id} {...log} live={live} />
          </div>
          <div className="stack">
            <FactsPanel sync={sync} />
            <AttemptsPanel attempts={sync.attemptList} />
          </div>
        </div>
      </div>
    </Page>
  );
}

const BEGUN = {
  ...{ manual: 'by hand', schedule: 'by its schedule', api: 'through the API', cli: 'on the command line' },
  ...{ url: 'by a trigger', after: 'after another connection' },
};

function Actions({ sync }: { sync: Sync }) {
  const { syncNow, cancel } = useConnectionActions(sync.connectionId, sync.connectionName);
  if (isLive(sync.status)) {
    const asked = sync.cancelRequestedAt !== null;
    return (
      <Button icon="stop" busy={asked} onClick={() => cancel(sync.id)}>
        {asked ? 'Stopping' : 'Cancel sync'}
      </Button>
    );
  }
  // It is refused while a load waits for a decision, which stands right below.
  if (heldStreams(sync).length > 0) return null;
  return (
    <Button icon="play" onClick={syncNow}>
      Sync again
    </Button>
  );
}

function FactsPanel({ sync }: { sync: Sync }) {
  return (
    <Panel title="In short">
      <PanelBody>
        <Facts>
          {sync.dueAt && (
            <Fact name="Due">
              <TimeAt at={sync.dueAt} />
            </Fact>
          )}
          <Fact name="Queued">
            <TimeAt at={sync.createdAt} seconds />
          </Fact>
          <Fact name="Started">{sync.startedAt ? <TimeAt at={sync.startedAt} seconds /> : '—'}</Fact>
          <Fact name="Finished">{sync.finishedAt ? <TimeAt at={sync.finishedAt} seconds /> : '—'}</Fact>
          <Fact name="Duration">
            <SyncDuration sync={sync} />
          </Fact>
          <Fact name="Records">
            {formatCount(sync.read)} read, {formatCount(sync.written)} staged
          </Fact>
          <Fact name="Bytes">
            {isLive(sync.status) ? formatBytesOf(sync.bytes, sync.bytesTotal) : formatBytes(sync.bytes)}
          </Fact>
          {sync.cancelledBy && <Fact name="Cancelled by">{sync.cancelledBy}</Fact>}
        </Facts>
      </PanelBody>
    </Panel>
  );
}
