import Link from 'next/link';
import { targetText } from '../../../_components/charts/freshness-bar.tsx';
import { Ticks } from '../../../_components/charts/ticks.tsx';
import { TimeAgo, TimeAt } from '../../../_components/clock.tsx';
import { checksText, tickOf } from '../../../_components/connection-row.tsx';
import { describeSchedule, formatDuration, formatPercent } from '../../../_components/format.ts';
import { Fact, Facts, Panel, PanelBody } from '../../../_components/panel.tsx';
import type { ConnectionModel, RowModel } from './models.ts';

/** Where the connection stands: freshness, next sync, the last twenty, checks. */
export function NowPanel({ row, connection }: { row: RowModel; connection: ConnectionModel }) {
  const { dataAsOf, targetMinutes } = row.freshness;
  return (
    <Panel title="Now">
      <PanelBody>
        <Facts>
          <Fact name="Data as of">
            {dataAsOf ? (
              <>
                <TimeAt at={dataAsOf} />, <TimeAgo at={dataAsOf} />
              </>
            ) : (
              'no data yet'
            )}
          </Fact>
          <Fact name="Target">{targetMinutes === null ? 'none' : targetText(targetMinutes)}</Fact>
          <Fact name="Next sync">
            {row.nextSync ? (
              <>
                <TimeAt at={row.nextSync} />, <TimeAgo at={row.nextSync} />
                {row.health === 'blocked' && ', on hold'}
              </>
            ) : (
              '—'
            )}
          </Fact>
          <Fact name="Schedule">
            {[describeSchedule(connection.schedule), zoneName(connection.schedule)].filter(Boolean).join(', ')}
          </Fact>
          <Fact name={`Last ${row.recent.length || 20}`}>
            <Ticks ticks={row.recent.map(tickOf)} medianMs={row.medianMs} />
          </Fact>
          <Fact name="Failed">{row.failureRate === null ? '—' : `${formatPercent(row.failureRate)} of those`}</Fact>
          <Fact name="Duration">
            {formatDuration(row.lastSync?.durationMs)}, median {formatDuration(row.medianMs)}
          </Fact>
          <Fact name="Owner">
            {connection.owner ?? (
              <Link className="link" href={`/connections/${connection.id}/edit`}>
                Name an owner
              </Link>
            )}
          </Fact>
          <Fact name="Checks">
            <ChecksFact row={row} connectionId={connection.id} />
          </Fact>
        </Facts>
      </PanelBody>
    </Panel>
  );
}

function zoneName(schedule: ConnectionModel['schedule']): string {
  return schedule.type === 'manual' ? '' : schedule.timeZone;
}

function ChecksFact({ row: { checks, health }, connectionId }: { row: RowModel; connectionId: string }) {
  if (!checks) {
    return (
      <Link className="link" href={`/quality/new?connection=${connectionId}`}>
        Add checks
      </Link>
    );
  }
  const { state, text } = checksText(checks, health);
  return (
    <Link className={state ? `s-${state} bad` : 'link'} href={`/quality/${checks.suiteId}`}>
      {text}
    </Link>
  );
}
