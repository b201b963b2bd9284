'use client';

import Link from 'next/link';
import { Button } from '../../../_components/button.tsx';
import { targetText } from '../../../_components/charts/freshness-bar.tsx';
import { useNow } from '../../../_components/clock.tsx';
import { ConnectionMenu, useConnectionActions } from '../../../_components/connection-menu.tsx';
import { rowState } from '../../../_components/connection-row.tsx';
import { cutMiddle, describeSchedule, formatAge, millis } from '../../../_components/format.ts';
import { PageHead } from '../../../_components/shell/page.tsx';
import { useKey } from '../../../_components/shell/shortcuts.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { healthState } from '../../../_components/states.ts';
import { LinkTabs } from '../../../_components/tabs.tsx';
import type { ConnectionModel, RowModel } from './models.ts';

interface HeadProps {
  readonly connection: ConnectionModel;
  readonly row: RowModel;
  readonly tab: 'syncs' | 'streams' | 'schema' | 'quarantine' | 'automation' | 'timeline';
}

/** A sync is refused until somebody has decided. */
const HELD_BUTTON = { disabled: true, title: 'A load is held: release or discard it first' } as const;

/** The connection's name, its states, what it does, and what can be done to it. */
export function ConnectionHead({ connection, row, tab }: HeadProps) {
  const { id, name, streams } = connection;
  const { syncNow, cancel, setPaused } = useConnectionActions(id, name);
  const paused = connection.status !== 'active';
  const running = row.current;
  const isHeld = row.health === 'blocked';
  useKey('s', () => !running && !isHeld && void syncNow());
  useKey('p', () => void setPaused(!paused));
  return (
    <>
      <PageHead
        title={name}
        marks={<Marks row={row} paused={paused} />}
        actions={
          <>
            <Button onClick={() => setPaused(!paused)}>{paused ? 'Resume' : 'Pause'}</Button>
            {running ? (
              <Button icon="stop" onClick={() => cancel(running.id)}>
                Cancel sync
              </Button>
            ) : (
              <Button kind={isHeld ? 'plain' : 'primary'} icon="play" onClick={syncNow} {...(isHeld && HELD_BUTTON)}>
                Sync now
              </Button>
            )}
            <ConnectionMenu
              id={id}
              name={name}
              paused={paused}
              syncId={running?.id ?? null}
              trigger={<Button icon="more" aria-label={`More actions for ${name}`} />}
            />
          </>
        }
      >
        {describe(connection)}
        {failsByChecks(row) && (
          <>
            {' '}
            <Link className="link" href={checksHref(row, id)}>
              {row.reason}
            </Link>
            .
          </>
        )}
      </PageHead>
      <LinkTabs
        label="Connection"
        current={tab}
        tabs={[
          { id: 'syncs', label: 'Syncs', href: `/connections/${id}` },
          { id: 'streams', label: 'Streams', count: streams.length, href: `/connections/${id}/streams` },
          { id: 'schema', label: 'Schema', href: `/connections/${id}/schema` },
          { id: 'quarantine', label: 'Quarantine', href: `/connections/${id}/quarantine` },
          { id: 'checks', label: 'Checks', count: row.checks?.total ?? 0, href: checksHref(row, id) },
          { id: 'automation', label: 'Automation', href: `/connections/${id}/automation` },
          { id: 'timeline', label: 'Timeline', href: `/connections/${id}/timeline` },
          { id: 'settings', label: 'Settings', href: `/connections/${id}/edit` },
        ]}
      />
    </>
  );
}

/** Its syncs went through: without a word, nobody would see why it is called failing. */
function failsByChecks({ checks, reason }: RowModel): boolean {
  return checks !== null && checks.worst !== null && reason?.endsWith(checks.worst) === true;
}

function checksHref({ checks }: RowModel, connectionId: string): string {
  return checks?.suiteId ? `/quality/${checks.suiteId}` : `/quality/new?connection=${connectionId}`;
}

/** What is named in full by its own page. */
function cut(name: string): string {
  return cutMiddle(name, 40);
}

function describe({ source, destination, namespaceDefinition, namespaceFormat, ...rest }: ConnectionModel): string {
  const { schedule, owner, connectorVersion } = rest;
  const version = connectorVersion === null ? '' : `, stays with version ${connectorVersion}`;
  const place = namespaceDefinition === 'custom' && namespaceFormat ? `, namespace ${namespaceFormat}` : '';
  const words = describeSchedule(schedule);
  const zone = schedule.type === 'manual' ? '' : `, ${schedule.timeZone}`;
  return `${cut(source.name)} (${cut(source.connectorName)}${version}) → ${cut(destination.name)}${place}. ${words.charAt(0).toUpperCase()}${words.slice(1)}${zone}.${owner ? ` Owner ${owner}.` : ''}`;
}

function Marks({ row, paused }: { row: RowModel; paused: boolean }) {
  const now = useNow();
  const { state, word } = paused ? healthState('paused') : rowState(row);
  const { dataAsOf, targetMinutes } = row.freshness;
  const overMs = dataAsOf && targetMinutes ? now - millis(dataAsOf) - targetMinutes * 60_000 : 0;
  return (
    <>
      <StateMark state={state} pill>
        {row.health === 'blocked' ? 'Blocked by quality' : word}
      </StateMark>
      {overMs > 0 && targetMinutes !== null && !paused && (
        <StateMark state="late" pill>
          {formatAge(overMs)} past its target of {targetText(targetMinutes)}
        </StateMark>
      )}
      {row.current?.startedAt && !['running', 'retrying'].includes(row.health) && (
        <StateMark state="run" pill>
          Running
        </StateMark>
      )}
    </>
  );
}
