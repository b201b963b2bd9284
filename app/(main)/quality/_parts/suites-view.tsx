'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { api } from '../../../_components/api.ts';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Cut } from '../../../_components/cut.tsx';
import { plural } from '../../../_components/format.ts';
import { Icon } from '../../../_components/icon.tsx';
import { useListFilter } from '../../../_components/list-filter.tsx';
import { Empty } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { runCounts, runState, type SuiteRow } from './models.ts';

const EVERY_MS = 5_000;
const ORDER = ['fail', 'warn', 'run', 'wait', 'ok'];

/** Every suite, worst first. */
export function SuitesView({ suites: initial }: { suites: SuiteRow[] }) {
  const { data: suites } = useQuery({
    queryKey: ['suites'],
    queryFn: () => api.get<SuiteRow[]>('/suites'),
    initialData: initial,
    refetchInterval: EVERY_MS,
  });
  const rank = ({ lastRun }: SuiteRow) => ORDER.indexOf(runState(lastRun).state);
  const worstFirst = suites.toSorted((a, b) => rank(a) - rank(b));
  const { q, found, drawn, bar, more } = useListFilter(worstFirst, {
    wordsOf: ({ name, dataset, connectionName, destinationName }) =>
      [name, dataset, connectionName, destinationName].join(' '),
    label: 'Filter suites',
    by: 'name, table or connection',
  });
  const add = (
    <Link className="btn primary" href="/quality/new">
      <Icon name="plus" />
      New suite
    </Link>
  );
  return (
    <Page crumbs={[{ name: 'Quality' }]}>
      <PageHead title={headline(suites)} actions={suites.length > 0 && add}>
        A suite is a list of checks in YAML. It runs after each sync of its connection, and on demand.
      </PageHead>
      {suites.length > 0 && bar}
      <Panel foot={more}>
        {suites.length === 0 ? (
          <Empty action={add}>
            No checks yet. Declare what must hold: completeness, freshness, volume, uniqueness, distribution.
          </Empty>
        ) : (
          <Table className="cards conns suites" label="Suites" head={<Head />}>
            {drawn.map((suite) => (
              <SuiteTableRow key={suite.id} suite={suite} />
            ))}
          </Table>
        )}
        {suites.length > 0 && found.length === 0 && <Empty>No suite matches “{q}”.</Empty>}
      </Panel>
    </Page>
  );
}

function headline(suites: readonly SuiteRow[]): string {
  const failing = suites.filter(({ lastRun }) => runState(lastRun).state === 'fail');
  const [first, second] = failing;
  if (suites.length === 0) return 'Quality';
  if (!first) return suites.length === 1 ? 'The one suite does not fail' : `None of ${suites.length} suites fails`;
  if (!second) return `${first.name} has failing checks`;
  return `${first.name} and ${failing.length === 2 ? second.name : `${failing.length - 1} more suites`} have failing checks`;
}

function Head() {
  return (
    <>
      <th>State</th>
      <th>Suite</th>
      <th>Checks</th>
      <th>Connection</th>
      <th>Destination</th>
      <th>Last run</th>
    </>
  );
}

function SuiteTableRow({ suite }: { suite: SuiteRow }) {
  const { state, word } = runState(suite.lastRun);
  return (
    <tr>
      <td>
        <StateMark state={state}>{word}</StateMark>
      </td>
      <td>
        <Link className="strong" href={`/quality/${suite.id}`}>
          <Cut text={suite.name} length={60} />
        </Link>
        <span className="sub">{suite.dataset ?? 'several tables'}</span>
      </td>
      <td data-k="Checks">
        {suite.lastRun?.finishedAt ? (
          <span className={state === 'ok' ? 'muted' : `s-${state} bad`}>{runCounts(suite.lastRun)}</span>
        ) : (
          <span className="muted">{plural(suite.checks, 'check')}</span>
        )}
      </td>
      <td data-k="Connection">
        {suite.connectionId ? (
          <Link href={`/connections/${suite.connectionId}`}>
            <Cut text={suite.connectionName ?? ''} length={28} />
          </Link>
        ) : (
          'none: by hand'
        )}
      </td>
      <td data-k="Destination">
        <Cut text={suite.destinationName} length={28} />
      </td>
      <td className="num" data-k="Last run">
        <TimeAgo at={suite.lastRun?.startedAt} missing="never" />
      </td>
    </tr>
  );
}
