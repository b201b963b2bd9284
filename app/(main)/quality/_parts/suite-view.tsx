'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useQueryState } from 'nuqs';
import { useEffect, useRef, useState } from 'react';
import type { SchemaVersion } from '#lib/connections/schema-history.ts';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import type { MetricMark } from '../../../_components/charts/metric-chart.tsx';
import { TimeAgo, TimeAt } from '../../../_components/clock.tsx';
import { Confirm } from '../../../_components/confirm.tsx';
import { formatBytes, millis } from '../../../_components/format.ts';
import { type Incident, IncidentsTable } from '../../../_components/incidents-table.tsx';
import { Menu, MenuItem } from '../../../_components/menu.tsx';
import { Empty, FailureNotice } from '../../../_components/notice.tsx';
import { Panel } from '../../../_components/panel.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { HeldLoad } from '../../../_components/sync/held-load.tsx';
import type { Sync } from '../../../_components/sync/use-sync.ts';
import type { Wire } from '../../../_components/wire.ts';
import { schemaWords } from '../../connections/_parts/schema-lines.tsx';
import { BackfillNote } from './backfill-note.tsx';
import { ChecksTable } from './checks-table.tsx';
import { FailingRows } from './failing-rows.tsx';
import { LookBackPanel } from './look-back-panel.tsx';
import { MetricPanel } from './metric-panel.tsx';
import { type Backfill, type History, type Result, type Run, runCounts, runState, type Suite } from './models.ts';
import { SegmentsPanel } from './segments-panel.tsx';
import { UnreadNote } from './unread-note.tsx';
import { useRunChecks } from './use-run-checks.ts';

interface SuiteViewProps {
  readonly suite: Suite;
  readonly run: Run | null;
  /** The sync whose load these checks hold back. */
  readonly held: Sync | null;
  readonly results: Result[];
  readonly histories: History[];
  readonly incidents: Incident[];
  /** When the columns that it loads have changed. */
  readonly schemas: Wire<SchemaVersion>[];
}

/** What each check measured, against its limit and its past. */
export function SuiteView(props: SuiteViewProps) {
  const { suite, run: firstRun, held, results: firstResults, histories, incidents, schemas } = props;
  const first = { run: firstRun, held: held?.id ?? null, results: firstResults, backfill: null };
  const { run, results, backfill } = useResults(suite.id, first);
  const [key, setKey] = useQueryState('check');
  const chosen = results.find((result) => result.key === key) ?? results[0];
  const history = histories.find((history) => history.key === chosen?.key);
  const { state, word } = runState(run);
  return (
    <Page crumbs={[{ name: 'Quality', href: '/quality' }, { name: suite.name }]}>
      <PageHead
        title={suite.name}
        marks={
          held ? (
            <StateMark state="block" pill>
              1 load held
            </StateMark>
          ) : (
            <StateMark state={state} pill>
              {run?.finishedAt && !run.failure ? runCounts(run) : word}
            </StateMark>
          )
        }
        actions={<Actions suite={suite} running={run !== null && !run.finishedAt} held={held !== null} />}
      >
        <Description suite={suite} run={run} />
      </PageHead>
      <div className="stack">
        {held && <HeldLoad sync={held} />}
        <BackfillNote suiteId={suite.id} backfill={backfill} />
        <UnreadNote suiteId={suite.id} run={run} />
        {run?.failure && <FailureNotice failure={run.failure} title="The checks could not be run" />}
        {results.length === 0 ? (
          <Panel>
            <Empty>{run ? 'The last run measured nothing.' : 'These checks have not run yet.'}</Empty>
          </Panel>
        ) : (
          <ChecksTable results={results} histories={histories} chosen={chosen?.key ?? ''} onChoose={setKey} />
        )}
        {chosen && history && (
          <MetricPanel
            key={chosen.key}
            suiteId={suite.id}
            result={chosen}
            history={history}
            marks={marksOf(chosen, incidents, schemas)}
          />
        )}
        {chosen?.kind === 'anomaly' && <LookBackPanel key={chosen.key} suiteId={suite.id} result={chosen} />}
        {chosen && <SegmentsPanel result={chosen} />}
        {chosen && <FailingRows suiteId={suite.id} result={chosen} />}
        {incidents.length > 0 && <IncidentsTable title="Incidents" incidents={incidents} />}
      </div>
    </Page>
  );
}

/** What happened meanwhile, newest first. */
function marksOf(result: Result, incidents: readonly Incident[], schemas: SuiteViewProps['schemas']): MetricMark[] {
  const opened = incidents.filter(({ checkKey }) => checkKey === result.key);
  const marks = [
    ...opened.map(({ id, openedAt }) => ({ at: openedAt, text: `INC-${id}` })),
    ...schemas.map((version) => ({ at: version.at, text: `${version.stream}: ${schemaWords(version)}` })),
  ];
  return marks.toSorted((a, b) => millis(b.at) - millis(a.at));
}

function Description({ suite, run }: { suite: Suite; run: Run | null }) {
  return (
    <>
      {suite.dataset ?? 'Several tables'} in {suite.destinationName}.{' '}
      {suite.connectionId ? (
        <>
          Runs after each sync of{' '}
          <Link className="link" href={`/connections/${suite.connectionId}`}>
            {suite.connectionName}
          </Link>
          .
        </>
      ) : (
        suite.nextDue === null && 'Runs by hand.'
      )}
      {suite.nextDue && (
        <>
          {' '}
          Due by its own schedule <TimeAt at={suite.nextDue} />.
        </>
      )}
      {run && (
        <>
          {' '}
          Last run <TimeAgo at={run.startedAt} />
          {run.syncId && (
            <>
              , after{' '}
              <Link className="link" href={`/jobs/${run.syncId}`}>
                sync {run.syncId}
              </Link>
            </>
          )}
          .{run.bytesRead !== null && ` It read ${formatBytes(run.bytesRead)} of the bucket.`}
        </>
      )}
    </>
  );
}

function Actions({ suite, running, held }: { suite: Suite; running: boolean; held: boolean }) {
  const [deleting, setDeleting] = useState(false);
  const router = useRouter();
  const { start, busy } = useRunChecks(suite.id);
  const remove = async () => {
    await api.delete(`/suites/${suite.id}`);
    router.push('/quality');
    router.refresh();
  };
  return (
    <>
      <Link className="btn" href={`/quality/${suite.id}/edit`}>
        Edit checks
      </Link>
      <Button kind={held ? 'plain' : 'primary'} icon="play" busy={busy || running} onClick={start}>
        {running ? 'Running' : 'Run checks'}
      </Button>
      <Menu trigger={<Button icon="more" aria-label={`More actions for ${suite.name}`} />}>
        <MenuItem danger onSelect={() => setDeleting(true)}>
          Delete suite…
        </MenuItem>
      </Menu>
      <Confirm
        open={deleting}
        onOpenChange={setDeleting}
        title={`Delete ${suite.name}`}
        description="The checks and all they measured are lost. The data stays."
        verb="Delete suite"
        onConfirm={remove}
      />
    </>
  );
}

const EVERY_MS = 2_000;

/** The last run, kept up to date; when another has finished or a load is held or decided, the page is read again. */
interface Shown {
  readonly run: Run | null;
  readonly held: number | null;
  readonly backfill: Backfill | null;
  readonly results: Result[];
}

function useResults(suiteId: string, initialData: Shown) {
  const router = useRouter();
  const { data } = useQuery({
    queryKey: ['suites', suiteId],
    queryFn: () => api.get<Shown>(`/suites/${suiteId}/results`),
    initialData,
    refetchInterval: EVERY_MS,
  });
  const now = `${data.run?.finishedAt ? data.run.id : ''} ${data.held ?? ''} ${data.backfill?.finishedAt ? data.backfill.id : ''}`;
  const seen = useRef(now);
  useEffect(() => {
    if (now !== seen.current) router.refresh();
    seen.current = now;
  }, [now, router]);
  return data;
}
