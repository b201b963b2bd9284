'use client';

import type { Overview, OverviewRow } from '#lib/connections/overview.ts';
import { Sparkline } from '../../_components/charts/sparkline.tsx';
import { useNow } from '../../_components/clock.tsx';
import { cutMiddle, formatAge, formatCompact, formatCount, millis, plural } from '../../_components/format.ts';
import { Tile, Tiles } from '../../_components/tiles.tsx';
import type { Wire } from '../../_components/wire.ts';

type Row = Wire<OverviewRow>;

/** Past target, failing, held, open, and the records of a day against what is usual. */
export function OverviewTiles({ overview }: { overview: Wire<Overview> }) {
  const { connections: rows, tiles } = overview;
  return (
    <Tiles label="Workspace in numbers">
      <PastTarget rows={rows} />
      <FailingNow rows={rows} />
      <Tile
        name="Held back by checks"
        value={formatCompact(tiles.held.rows)}
        unit={tiles.held.rows === 1 ? 'row' : 'rows'}
        detail={`${plural(tiles.held.loads, 'blocked load')}, ${plural(tiles.held.quarantined24h, 'row')} in quarantine`}
        href="/quality"
        {...(tiles.held.rows > 0 && { state: 'block' as const })}
      />
      <OpenIncidentsTile {...tiles.incidents} />
      <Tile
        name="Records, last 24h"
        value={formatCompact(tiles.records.last24h)}
        detail={usualText(tiles.records.usual)}
        href="/jobs"
        chart={
          tiles.records.series.some((count) => count !== null) && (
            <Sparkline
              values={tiles.records.series}
              low={tiles.records.usual?.low ?? null}
              high={tiles.records.usual?.high ?? null}
              height={26}
              label="Records per day, last 14 days"
            />
          )
        }
      />
    </Tiles>
  );
}

function PastTarget({ rows }: { rows: readonly Row[] }) {
  const now = useNow();
  const targeted = rows.flatMap(({ name, health, freshness: { dataAsOf, targetMinutes } }) =>
    targetMinutes === null || health === 'paused'
      ? []
      : [{ name, overMs: dataAsOf === null ? null : now - millis(dataAsOf) - targetMinutes * 60_000 }],
  );
  const empty = targeted.filter(({ overMs }) => overMs === null).length;
  const over = targeted
    .flatMap(({ name, overMs }) => (overMs !== null && overMs > 0 ? [{ name, overMs }] : []))
    .sort((a, b) => b.overMs - a.overMs);
  const longest = over[0];
  return (
    <Tile
      name="Past freshness target"
      value={formatCount(over.length)}
      unit={`of ${formatCount(targeted.length)}`}
      detail={
        longest
          ? `Longest over: ${cutMiddle(longest.name, 24)}, ${formatAge(longest.overMs)}`
          : noneLate(targeted.length, empty)
      }
      href="/?show=attention"
      {...(over.length > 0 && { state: 'late' as const })}
    />
  );
}

function noneLate(targeted: number, empty: number): string {
  if (targeted > 0 && empty > 0) return `${empty} ${empty === 1 ? 'has' : 'have'} no data yet`;
  return targeted === 0 ? 'No connection has a target' : 'All within their targets';
}

function FailingNow({ rows }: { rows: readonly Row[] }) {
  const failing = rows.filter(({ health }) => health === 'failing').sort((a, b) => b.failedInARow - a.failedInARow);
  const first = failing[0];
  return (
    <Tile
      name="Failing now"
      value={formatCount(failing.length)}
      unit={`of ${formatCount(rows.length)}`}
      detail={
        first
          ? `${cutMiddle(first.name, 24)}, ${first.failedInARow > 0 ? `${plural(first.failedInARow, 'sync')} in a row` : 'by its checks'}`
          : rows.some(({ lastSync }) => lastSync)
            ? 'Every last sync went through'
            : 'No sync has ended yet'
      }
      href="/?show=attention"
      {...(failing.length > 0 && { state: 'fail' as const })}
    />
  );
}

function OpenIncidentsTile({ open, critical, oldest }: Wire<Overview>['tiles']['incidents']) {
  const now = useNow();
  return (
    <Tile
      name="Open incidents"
      value={formatCount(open)}
      {...(open > 0 && {
        unit: `${formatCount(critical)} critical`,
        state: critical > 0 ? ('fail' as const) : ('warn' as const),
      })}
      detail={oldest ? `Oldest: INC-${oldest.id}, ${formatAge(now - millis(oldest.openedAt))}` : 'Nothing is open'}
      href="/incidents"
    />
  );
}

function usualText(usual: { low: number; high: number } | null): string {
  return usual
    ? `Usual: ${formatCompact(Math.round(usual.low))} to ${formatCompact(Math.round(usual.high))}`
    : 'Too few days for a usual range';
}
