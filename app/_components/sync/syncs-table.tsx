'use client';

import Link from 'next/link';
import type { SyncSummary } from '#lib/sync/syncs.ts';
import { TimeAt, useNow } from '../clock.tsx';
import { Cut } from '../cut.tsx';
import { formatBytes, formatCount, formatDuration, millis } from '../format.ts';
import { Table } from '../panel.tsx';
import { StateMark } from '../state-mark.tsx';
import { syncState } from '../states.ts';
import type { Wire } from '../wire.ts';

type Summary = Wire<SyncSummary>;
const TRIGGERS = {
  ...{ manual: 'by hand', schedule: 'schedule', api: 'API', cli: 'command line' },
  ...{ url: 'trigger', after: 'after another connection' },
};

/** Syncs of all connections, newest first. */
export function SyncsTable({ syncs }: { syncs: readonly Summary[] }) {
  return (
    <Table className="cards" label="Syncs" head={<Head />}>
      {syncs.map((sync) => (
        <SyncRow key={sync.id} sync={sync} />
      ))}
    </Table>
  );
}

function Head() {
  return (
    <>
      <th>Sync</th>
      <th>State</th>
      <th>Connection</th>
      <th>Started</th>
      <th className="r">Duration</th>
      <th className="r">Read</th>
      <th className="r">Staged</th>
      <th className="r">Bytes</th>
      <th>Begun by</th>
    </>
  );
}

function SyncRow({ sync }: { sync: Summary }) {
  const { state, word } = syncState(sync);
  return (
    <tr>
      <td className="num">
        <Link className="mono strong" href={`/jobs/${sync.id}`}>
          {sync.id}
        </Link>
      </td>
      <td className="corner">
        <StateMark state={state}>{word}</StateMark>
        {sync.attempts > 1 && <span className="sub">attempt {sync.attempts}</span>}
      </td>
      <td className="wide">
        <Link href={`/connections/${sync.connectionId}`}>
          <Cut text={sync.connectionName} />
        </Link>
        {sync.failure && (
          <span className="sub clip" title={sync.failure.message}>
            {sync.failure.message}
          </span>
        )}
      </td>
      <td className="num" data-k="Started">
        <TimeAt at={sync.startedAt ?? sync.createdAt} />
      </td>
      <td className="r num" data-k="Duration">
        <SyncDuration sync={sync} />
      </td>
      <td className="r num hide-s">{formatCount(sync.read)}</td>
      <td className="r num" data-k="Staged">
        {formatCount(sync.written)}
        {sync.quarantined > 0 && <span className="sub">{formatCount(sync.quarantined)} quarantined</span>}
      </td>
      <td className="r num muted hide-s">{formatBytes(sync.bytes)}</td>
      <td className="muted hide-s">{TRIGGERS[sync.trigger]}</td>
    </tr>
  );
}

/** How long it took, or has taken so far. */
export function SyncDuration({ sync }: { sync: Pick<Summary, 'startedAt' | 'finishedAt'> }) {
  const now = useNow();
  if (!sync.startedAt) return <>—</>;
  return <>{formatDuration(Math.max(0, (sync.finishedAt ? millis(sync.finishedAt) : now) - millis(sync.startedAt)))}</>;
}
