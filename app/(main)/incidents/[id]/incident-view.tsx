'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ComponentProps } from 'react';
import type { IncidentDetail } from '#lib/alerts/incidents.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAt } from '../../../_components/clock.tsx';
import { useConnectionActions } from '../../../_components/connection-menu.tsx';
import { formatAge, millis } from '../../../_components/format.ts';
import { Icon } from '../../../_components/icon.tsx';
import { incidentHref } from '../../../_components/incidents-table.tsx';
import { Empty } from '../../../_components/notice.tsx';
import { Fact, Facts, Panel, PanelBody, Table } from '../../../_components/panel.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { StateIcon, StateMark } from '../../../_components/state-mark.tsx';
import { type State, severityState, stateClass } from '../../../_components/states.ts';
import { SyncFailures } from '../../../_components/sync/failure-notices.tsx';
import { FixLinks } from '../../../_components/sync/fix-links.tsx';
import type { Sync } from '../../../_components/sync/use-sync.ts';
import type { Wire } from '../../../_components/wire.ts';
import { IncidentActions } from './incident-actions.tsx';

type Detail = Wire<IncidentDetail>;

/** What still has to be mended: the connection's last sync. */
interface Repair {
  readonly sync: Sync;
  readonly ends: ComponentProps<typeof FixLinks>;
}

const EVERY_MS = 10_000;

/** One incident: what is wrong, what probably caused it, what was done, and whether it was so before. */
export function IncidentView({ incident: initial, repair }: { incident: Detail; repair: Repair | null }) {
  const { data: incident } = useQuery({
    queryKey: ['incidents', initial.id],
    queryFn: () => api.get<Detail>(`/incidents/${initial.id}`),
    initialData: initial,
    refetchInterval: EVERY_MS,
  });
  return (
    <Page crumbs={[{ name: 'Incidents', href: '/incidents' }, { name: `INC-${incident.id}` }]}>
      <PageHead
        title={incident.title}
        marks={<Marks incident={incident} />}
        actions={incident.status !== 'resolved' && <IncidentActions incident={incident} />}
      >
        {incident.detail}
      </PageHead>
      <div className="stack">
        {repair && incident.status !== 'resolved' && (
          <SyncFailures sync={repair.sync} actions={<RepairLinks {...repair} />} />
        )}
        <div className="cols c-21">
          <div className="stack">
            <Timeline incident={incident} />
            <Similar incident={incident} />
          </div>
          <AboutPanel incident={incident} />
        </div>
      </div>
    </Page>
  );
}

function RepairLinks({ sync, ends }: Repair) {
  const { syncNow } = useConnectionActions(sync.connectionId, sync.connectionName);
  return (
    <>
      <FixLinks {...ends} />
      <Button icon="play" onClick={syncNow}>
        Sync again
      </Button>
    </>
  );
}

function Marks({ incident }: { incident: Detail }) {
  const { state, word } = severityState(incident.severity);
  if (incident.status === 'resolved')
    return (
      <StateMark state="ok" pill>
        Resolved
      </StateMark>
    );
  return (
    <>
      <StateMark state={state} pill>
        {word}
      </StateMark>
      {incident.status === 'acknowledged' && <span className="tag">Acknowledged by {incident.acknowledgedBy}</span>}
      {incident.flapping && <span className="tag">Flapping</span>}
    </>
  );
}

function AboutPanel({ incident }: { incident: Detail }) {
  const { connectionId, connectionName, suiteId, suiteName, explanation, explainedBySync, snoozedUntil } = incident;
  const href = incidentHref(incident);
  return (
    <Panel title="What is known">
      <PanelBody>
        <Facts>
          <Fact name="Opened">
            <TimeAt at={incident.openedAt} />, seen {incident.seen}×, last <TimeAt at={incident.lastSeenAt} />
          </Fact>
          {explanation && (
            <Fact name="Probable cause">
              {explainedBySync ? (
                <Link className="link" href={`/jobs/${explainedBySync}`}>
                  {explanation}
                </Link>
              ) : (
                explanation
              )}
            </Fact>
          )}
          {suiteId && (
            <Fact name="Check">
              <Link className="link" href={href ?? `/quality/${suiteId}`}>
                {incident.checkKey ?? suiteName}
              </Link>
            </Fact>
          )}
          {connectionId && (
            <Fact name="Connection">
              <Link className="link" href={`/connections/${connectionId}`}>
                {connectionName}
              </Link>
            </Fact>
          )}
          {incident.syncId && (
            <Fact name="Sync">
              <Link className="link" href={`/jobs/${incident.syncId}`}>
                Sync {incident.syncId}
              </Link>
            </Fact>
          )}
          {incident.flapping && (
            <Fact name="Flapping">Opened three times in a day: it closes after three passes in a row.</Fact>
          )}
          {snoozedUntil && incident.status !== 'resolved' && (
            <Fact name="Snoozed">
              until <TimeAt at={snoozedUntil} />
            </Fact>
          )}
        </Facts>
      </PanelBody>
    </Panel>
  );
}

const EVENT_STATES: Readonly<Record<string, State>> = {
  opened: 'fail',
  worse: 'fail',
  flapping: 'retry',
  explained: 'warn',
  snoozed: 'off',
  recovered: 'ok',
  resolved: 'ok',
};

function Timeline({ incident }: { incident: Detail }) {
  return (
    <Panel
      title="What happened"
      sub={incident.events.length > 1 ? `${incident.events.length} entries, oldest first` : undefined}
    >
      {incident.events.length === 0 ? (
        <Empty>It was opened before timelines were kept.</Empty>
      ) : (
        <PanelBody>
          <ol className="tl inc-tl">
            {incident.events.map(({ id, at, kind, actor, message }) => {
              const state = EVENT_STATES[kind];
              return (
                <li key={id} className={state ? stateClass(state) : ''}>
                  <TimeAt at={at} />
                  {state ? <StateIcon state={state} /> : <Icon name="history" />}
                  <span>
                    {actor && <b className="strong">{actor}: </b>}
                    {message}
                  </span>
                </li>
              );
            })}
          </ol>
        </PanelBody>
      )}
    </Panel>
  );
}

function Similar({ incident }: { incident: Detail }) {
  if (incident.similar.length === 0) return null;
  const head = (
    <>
      <th>Incident</th>
      <th>What happened</th>
      <th>Opened</th>
      <th className="r">Open for</th>
    </>
  );
  return (
    <Panel title="Similar before">
      <Table className="tight" label="Earlier incidents of the same cause" head={head}>
        {incident.similar.map(({ id, title, openedAt, resolvedAt }) => (
          <tr key={id}>
            <td className="num nowrap">
              <Link className="link" href={`/incidents/${id}`}>
                INC-{id}
              </Link>
            </td>
            <td>{title}</td>
            <td className="num nowrap">
              <TimeAt at={openedAt} />
            </td>
            <td className="r num nowrap">{resolvedAt ? formatAge(millis(resolvedAt) - millis(openedAt)) : '—'}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}
