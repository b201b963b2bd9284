'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import type { Incident as IncidentModel } from '#lib/alerts/incidents.ts';
import { api } from './api.ts';
import { Button } from './button.tsx';
import { TimeAt, useNow } from './clock.tsx';
import { cutMiddle, formatAge, millis } from './format.ts';
import { Menu, MenuItem, MenuLink } from './menu.tsx';
import { Panel, Table } from './panel.tsx';
import { StateMark } from './state-mark.tsx';
import { severityState } from './states.ts';
import { useSay } from './toast.tsx';
import type { Wire } from './wire.ts';

export type Incident = Wire<IncidentModel>;
const STATUS = { open: 'Open', acknowledged: 'Acknowledged', resolved: 'Resolved' };

const EVERY_MS = 10_000;

/** Every incident, open ones first, kept up to date. */
export function useIncidents(initial: Incident[]): Incident[] {
  const { data } = useQuery({
    queryKey: ['incidents'],
    queryFn: () => api.get<Incident[]>('/incidents'),
    initialData: initial,
    refetchInterval: EVERY_MS,
  });
  return data;
}

export function IncidentsTable({ incidents, title }: { incidents: readonly Incident[]; title?: string }) {
  return (
    <Panel {...(title && { title })}>
      <Table className="cards inc" label="Incidents" head={<Head />}>
        {incidents.map((incident) => (
          <IncidentRow key={incident.id} incident={incident} />
        ))}
      </Table>
    </Panel>
  );
}

function Head() {
  return (
    <>
      <th>Severity</th>
      <th>What happened</th>
      <th>Connection</th>
      <th>Since</th>
      <th className="r">Seen</th>
      <th>Status</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

function IncidentRow({ incident }: { incident: Incident }) {
  const { state, word } = severityState(incident.severity);
  const resolved = incident.status === 'resolved';
  return (
    <tr className={resolved ? 'dim' : ''}>
      <td>
        <StateMark state={resolved ? 'ok' : state}>{word}</StateMark>
      </td>
      <td className="wide">
        <Link href={`/incidents/${incident.id}`} className="strong">
          {incident.title}
        </Link>
        <span className="sub">
          INC-{incident.id}
          {incident.detail && `. ${incident.detail}`}
        </span>
      </td>
      <td className="nowrap" data-k="Connection" title={incident.connectionName ?? incident.suiteName ?? undefined}>
        {cutMiddle(incident.connectionName ?? incident.suiteName ?? '—', 28)}
      </td>
      <td className="num nowrap" data-k="Since">
        <Since incident={incident} />
      </td>
      <td className="r num hide-s">{incident.seen}×</td>
      <td className="hide-s">
        {STATUS[incident.status]}
        {incident.flapping && !resolved && ', flapping'}
        {incident.acknowledgedBy && <span className="sub">by {incident.acknowledgedBy}</span>}
      </td>
      <td className="hide-s">{resolved ? null : <IncidentMenu incident={incident} />}</td>
    </tr>
  );
}

/** Where the trouble is mended: the sync, the connection or the suite. */
export function incidentHref({
  suiteId,
  checkKey,
  syncId,
  connectionId,
}: Pick<Incident, 'suiteId' | 'checkKey' | 'syncId' | 'connectionId'>): string | null {
  if (suiteId) return `/quality/${suiteId}${checkKey ? `?check=${encodeURIComponent(checkKey)}` : ''}`;
  if (syncId) return `/jobs/${syncId}`;
  return connectionId ? `/connections/${connectionId}` : null;
}

function Since({ incident }: { incident: Incident }) {
  const now = useNow();
  const until = incident.resolvedAt ? millis(incident.resolvedAt) : now;
  return (
    <>
      <TimeAt at={incident.openedAt} />, {formatAge(until - millis(incident.openedAt))}
    </>
  );
}

function IncidentMenu({ incident }: { incident: Incident }) {
  const where = incidentHref(incident);
  const say = useSay();
  const queries = useQueryClient();
  const act = (verb: 'acknowledge' | 'resolve', done: string) => async () => {
    try {
      await api.post(`/incidents/${incident.id}/${verb}`);
      say.done(`INC-${incident.id} is ${done}.`);
    } catch (error) {
      say.failed(error);
    }
    await queries.invalidateQueries({ queryKey: ['incidents'] });
  };
  return (
    <Menu trigger={<Button kind="ghost" size="s" icon="more" aria-label={`Actions for INC-${incident.id}`} />}>
      <MenuItem disabled={incident.status !== 'open'} onSelect={act('acknowledge', 'acknowledged')}>
        Acknowledge
      </MenuItem>
      <MenuItem onSelect={act('resolve', 'resolved')}>Resolve</MenuItem>
      {where && <MenuLink href={where}>Open what it is about</MenuLink>}
      {incident.connectionId && <MenuLink href={`/connections/${incident.connectionId}`}>Open the connection</MenuLink>}
    </Menu>
  );
}
