'use client';

import Link from 'next/link';
import { memo } from 'react';
import type { OverviewRow } from '#lib/connections/overview.ts';
import { Button } from './button.tsx';
import { FreshnessBar } from './charts/freshness-bar.tsx';
import { Sparkline } from './charts/sparkline.tsx';
import { type Tick, Ticks } from './charts/ticks.tsx';
import { TimeAgo, useNow } from './clock.tsx';
import { ConnectionMenu } from './connection-menu.tsx';
import {
  cutMiddle,
  describeSchedule,
  formatAge,
  formatBytes,
  formatCompact,
  formatDuration,
  formatPercent,
  millis,
  zoneWord,
} from './format.ts';
import { OwnerMark } from './owner-mark.tsx';
import { StateMark } from './state-mark.tsx';
import { healthState, type Named, type State } from './states.ts';
import type { Wire } from './wire.ts';

type Row = Wire<OverviewRow>;

/** Drawn again only when its own connection has changed; what counts seconds in it does that by itself. */
export const ConnectionRow = memo(function ConnectionRow({ row }: { row: Row }) {
  const { state, word } = rowState(row);
  const alsoRunning = row.running && row.health !== 'running' && row.health !== 'retrying';
  return (
    <tr>
      <td className="nowrap">
        <StateMark state={state}>{alsoRunning ? `${word}, running` : word}</StateMark>
      </td>
      <td>
        <Link href={`/connections/${row.id}`} className="strong" title={row.name}>
          {cutMiddle(row.name, 28)}
        </Link>
        <span className="sub" title={`${row.source.name} → ${placeOf(row)}`}>
          {cutMiddle(row.source.name, 24)} → {cutMiddle(placeOf(row), 24)}
        </span>
      </td>
      <td className="wide">
        <FreshnessBar {...row.freshness} failing={row.health === 'failing'} />
      </td>
      <td data-k="Last sync" className="num">
        <LastSync row={row} />
      </td>
      <td data-k="Next sync" className="num">
        <NextSync row={row} />
      </td>
      <td data-k="Records a day">
        <RecordsCell row={row} outside={state === 'ok' || state === 'run' ? 'warn' : state} />
      </td>
      <td className="wide">
        <Ticks ticks={row.recent.map(tickOf)} medianMs={row.medianMs} />
        {row.failureRate !== null && <FailureRate rate={row.failureRate} />}
      </td>
      <td data-k="Checks">
        <ChecksCell row={row} />
      </td>
      <td data-k="Owner">{row.owner !== null && <OwnerMark owner={row.owner} />}</td>
      <td className="hide-s">
        <ConnectionMenu
          id={row.id}
          name={row.name}
          paused={row.health === 'paused'}
          syncId={row.current?.id ?? null}
          trigger={<Button kind="ghost" size="s" icon="more" aria-label={`Actions for ${row.name}`} />}
        />
      </td>
    </tr>
  );
});

/** A connection's health in icon and word. What waits for a worker is not drawn as running. */
export function rowState({ health, current }: Pick<Row, 'health' | 'current'>): Named {
  if (health === 'running' && current && !current.startedAt) return { state: 'wait', word: 'Queued' };
  return healthState(health);
}

function placeOf({ destination, namespace }: Row): string {
  return namespace ? `${destination.name}.${namespace}` : destination.name;
}

function LastSync({ row }: { row: Row }) {
  const now = useNow();
  const median = row.medianMs === null ? '' : `median ${formatDuration(row.medianMs)}`;
  if (row.current?.startedAt) {
    const attempt = row.current.attempt > 1 ? `attempt ${row.current.attempt}` : '';
    return (
      <>
        <span className="nowrap">running {formatAge(now - millis(row.current.startedAt))}</span>
        <span className="sub">{[attempt, median].filter(Boolean).join(', ') || 'first run'}</span>
      </>
    );
  }
  if (!row.lastSync) return <span className="muted">{row.current ? 'queued' : 'never'}</span>;
  return (
    <>
      <TimeAgo at={row.lastSync.finishedAt ?? row.lastSync.startedAt} />
      <span className="sub">{[formatDuration(row.lastSync.durationMs), median].filter(Boolean).join(', ')}</span>
    </>
  );
}

function NextSync({ row }: { row: Row }) {
  const { schedule } = row;
  const zone = schedule.type === 'manual' ? '' : schedule.timeZone;
  return (
    <>
      {row.nextSync ? <TimeAgo at={row.nextSync} /> : <span className="nowrap">—</span>}
      <span className="sub" title={[describeSchedule(schedule), zone].filter(Boolean).join(', ')}>
        {row.health === 'blocked' && 'on hold, '}
        {[describeSchedule(schedule), zoneWord(schedule)].filter(Boolean).join(', ')}
      </span>
    </>
  );
}

function RecordsCell({ row: { name, records }, outside }: { row: Row; outside: State }) {
  const today = records.series.at(-1) ?? null;
  return (
    <>
      <Sparkline
        values={records.series}
        low={records.low}
        high={records.high}
        height={20}
        outside={outside}
        label={`Records published by ${name} per day, last 14 days`}
      />
      {today !== null && (
        <span className="sub num" title="today">
          {formatCompact(today)}, {formatBytes(records.bytes)}
        </span>
      )}
    </>
  );
}

function FailureRate({ rate }: { rate: number }) {
  return <span className="sub num">{rate === 0 ? 'none failed' : `${formatPercent(rate)} failed`}</span>;
}

function ChecksCell({ row: { checks, reason, health } }: { row: Row }) {
  // The line above counts the checks already: this one says which.
  const counted = checks?.worst && reason?.endsWith(checks.worst);
  const why = counted ? checks.worst : (reason ?? checks?.worst);
  const said =
    why && health !== 'healthy' && health !== 'new' ? (
      <span className="sub clip why" title={why}>
        {why}
      </span>
    ) : null;
  if (!checks) {
    return (
      <>
        <span className="muted">no checks</span>
        {said}
      </>
    );
  }
  const { state, text } = checksText(checks, health);
  const shown = state === 'fail' && health === 'blocked' ? 'block' : state;
  return (
    <>
      {shown ? <span className={`s-${shown} bad`}>{text}</span> : <span className="num muted nowrap">{text}</span>}
      {said}
    </>
  );
}

/** `1 of 8 fails`, `11 of 11 pass`: the worst kind of result, of all. A load that is held has not been counted: what was published has. */
export function checksText(
  checks: NonNullable<Row['checks']>,
  health: Row['health'],
): { state: State | null; text: string } {
  const counted = countText(checks);
  const isOfPublished = health === 'blocked' && counted.state !== 'fail' && checks.pass > 0;
  return isOfPublished ? { ...counted, text: `published: ${counted.text}` } : counted;
}

function countText(checks: NonNullable<Row['checks']>): { state: State | null; text: string } {
  const { total, pass, warn, fail, error } = checks;
  const failing = fail + error;
  if (failing > 0) return { state: 'fail', text: `${failing} of ${total} ${failing === 1 ? 'fails' : 'fail'}` };
  if (warn > 0) return { state: 'warn', text: `${warn} of ${total} ${warn === 1 ? 'warns' : 'warn'}` };
  if (total === 0 || pass === 0) return { state: null, text: 'not run' };
  return { state: null, text: `${pass} of ${total} pass` };
}

/** A sync as its tick: the run decides first, then what the checks said. */
export function tickOf({ status, quality, durationMs }: Row['recent'][number]): Tick {
  const byStatus = {
    pending: 'run',
    running: 'run',
    incomplete: 'run',
    succeeded: quality === 'ok' || quality === null ? 'ok' : quality,
    partial: quality === 'block' ? 'block' : 'fail',
    failed: quality === 'block' ? 'block' : 'fail',
    cancelled: 'off',
    skipped: 'off',
  } as const;
  const kind = byStatus[status];
  return { kind: kind === 'fail' && status === 'succeeded' ? 'warn' : kind, durationMs };
}
