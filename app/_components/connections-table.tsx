'use client';

import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useRef, useState } from 'react';
import type { OverviewRow } from '#lib/connections/overview.ts';
import { Legend } from './charts/waterfall.tsx';
import { ConnectionRow } from './connection-row.tsx';
import { formatCount } from './format.ts';
import { Empty } from './notice.tsx';
import { GroupRow, Panel, Table } from './panel.tsx';
import type { Wire } from './wire.ts';

type Row = Wire<OverviewRow>;
const GROUPS = ['attention', 'new', 'fine', 'paused'] as const;
type Group = (typeof GROUPS)[number];

const NAMES: Record<Group, string> = {
  attention: 'Needs attention',
  new: 'Not synced yet',
  fine: 'On time',
  paused: 'Paused',
};
const COLUMNS = 10;
/** In place of a name: connections that nobody answers for. */
const NOBODY = '-';
/** More of a group are drawn when they are asked for; of so many healthy ones, none before. */
const CROWDED = 100;

/** All connections, worst first, in groups; filter and group live in the address. */
export function ConnectionsTable({ rows: live }: { rows: readonly Row[] }) {
  const [{ show, q, owner }, setQuery] = useQueryStates({
    show: parseAsStringLiteral(GROUPS),
    q: parseAsString.withDefault(''),
    owner: parseAsString,
  });
  const [open, setOpen] = useState(false);
  const { rows, hold } = useSteadyOrder(live);
  const found = rows.filter((row) => matches(row, q) && isOwned(row, owner));
  const groups = GROUPS.map((group) => ({ group, rows: found.filter((row) => groupOf(row) === group) }));
  const shown = groups.filter(({ group, rows }) => rows.length > 0 && (!show || show === group));
  const drawn = (group: Group, of: readonly Row[]) => {
    if (open || of.length <= CROWDED) return of;
    return group === 'fine' && !show && !q && !owner ? [] : of.slice(0, CROWDED);
  };
  return (
    <>
      <div className="toolbar">
        {/* biome-ignore lint/a11y/useSemanticElements: a segmented control, not a fieldset */}
        <div className="seg" role="group" aria-label="Filter by state">
          <GroupButton name="All" count={found.length} pressed={!show} onPress={() => setQuery({ show: null })} />
          {groups.filter(isOffered(show)).map(({ group, rows }) => (
            <GroupButton
              key={group}
              name={NAMES[group]}
              count={rows.length}
              pressed={show === group}
              onPress={() => setQuery({ show: group })}
            />
          ))}
        </div>
        <input
          className="input quiet"
          data-filter
          type="search"
          placeholder="Filter by name, source or owner  /"
          aria-label="Filter connections"
          value={q}
          onChange={(event) => setQuery({ q: event.target.value || null })}
        />
        <OwnerFilter rows={live} owner={owner} onChange={(owner) => setQuery({ owner })} />
        <span className="grow" />
        <span className="small muted s-only">Worst first</span>
      </div>
      <Panel foot={<TableLegend />}>
        <div onPointerEnter={() => hold(true)} onPointerLeave={() => hold(false)}>
          <Table className="cards conns" label="Connections" head={<Head />}>
            {shown.map(({ group, rows }) => [
              <GroupRow key={group} span={COLUMNS} name={NAMES[group]} count={rows.length} />,
              ...drawn(group, rows).map((row) => <ConnectionRow key={row.id} row={row} />),
              drawn(group, rows).length < rows.length && (
                <tr key={`${group} more`}>
                  <td colSpan={COLUMNS}>
                    <button type="button" className="link" onClick={() => setOpen(true)}>
                      Show all {formatCount(rows.length)}
                    </button>
                  </td>
                </tr>
              ),
            ])}
          </Table>
        </div>
        {found.length === 0 && <Empty>{noMatch(q, owner)}</Empty>}
      </Panel>
    </>
  );
}

function Head() {
  return (
    <>
      <th>State</th>
      <th>Connection</th>
      <th>Freshness</th>
      <th>Last sync</th>
      <th>Next sync</th>
      <th>Records, 14d</th>
      <th>Last 20 syncs</th>
      <th>Checks</th>
      <th>Owner</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

interface OwnerFilterProps {
  readonly rows: readonly Row[];
  readonly owner: string | null;
  readonly onChange: (owner: string | null) => void;
}

/** Offered once somebody answers for something; a name of the address that nobody has any more stays chosen. */
function OwnerFilter({ rows, owner, onChange }: OwnerFilterProps) {
  const named = new Set(rows.flatMap((row) => row.owner ?? []));
  if (owner !== null && owner !== NOBODY) named.add(owner);
  if (named.size === 0 && owner === null) return null;
  return (
    <select
      className="select owners"
      aria-label="Filter by owner"
      value={owner ?? ''}
      onChange={(event) => onChange(event.target.value || null)}
    >
      <option value="">All owners</option>
      {[...named].toSorted().map((name) => (
        <option key={name}>{name}</option>
      ))}
      <option value={NOBODY}>No owner</option>
    </select>
  );
}

function GroupButton(props: { name: string; count: number; pressed: boolean; onPress: () => void }) {
  return (
    <button type="button" aria-pressed={props.pressed} onClick={props.onPress}>
      {props.name} {formatCount(props.count)}
    </button>
  );
}

function TableLegend() {
  return (
    <Legend
      items={[
        ['band', 'expected band'],
        ['tick-ok', 'succeeded; height is duration against the median'],
        ['warn', 'a check warned or failed, cap apart'],
        ['fail', 'failed, split'],
        ['block', 'blocked, capped'],
        ['off', 'skipped or cancelled, low'],
      ]}
    />
  );
}

/** Values change in place; the order only while the pointer is elsewhere. */
function useSteadyOrder(live: readonly Row[]) {
  const [held, setHeld] = useState(false);
  const order = useRef<readonly string[]>([]);
  if (!held) order.current = live.map(({ id }) => id);
  const place = new Map(order.current.map((id, index) => [id, index]));
  const rows = live.toSorted((a, b) => (place.get(a.id) ?? live.length) - (place.get(b.id) ?? live.length));
  return { rows, hold: setHeld };
}

/** Before its first sync has ended, nothing is on time. */
function groupOf({ health, lastSync }: Row): Group {
  if (health === 'paused' || health === 'new') return health;
  if (health === 'running' && lastSync === null) return 'new';
  return health === 'healthy' || health === 'running' ? 'fine' : 'attention';
}

/** There is seldom a new one: its group is offered while there is. */
function isOffered(show: Group | null) {
  return ({ group, rows }: { group: Group; rows: readonly Row[] }) =>
    group !== 'new' || rows.length > 0 || show === group;
}

function matches(row: Row, q: string): boolean {
  const text = [row.name, row.source.name, row.destination.name, row.namespace, row.owner].join(' ').toLowerCase();
  return text.includes(q.trim().toLowerCase());
}

function isOwned(row: Row, owner: string | null): boolean {
  return owner === null || row.owner === (owner === NOBODY ? null : owner);
}

function noMatch(q: string, owner: string | null): string {
  const whose = owner === null ? '' : owner === NOBODY ? ' without an owner' : ` of ${owner}`;
  return q ? `No connection${whose} matches “${q}”.` : `There is no connection${whose}${owner ? '' : ' yet'}.`;
}
