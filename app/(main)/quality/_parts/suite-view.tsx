'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useQueryState } from 'nuqs';
import { useEffect, useRef, useState } from 'react';
import { api } from '../../../_components/api.ts';
import { Button } from '../../../_components/button.tsx';
import { TimeAgo } from '../../../_components/clock.tsx';
import { Confirm } from '../../../_components/confirm.tsx';
import { Menu, MenuItem } from '../../../_components/menu.tsx';
import { Empty, FailureNotice } from '../../../_components/notice.tsx';
import { Panel } from '../../../_components/panel.tsx';
import { Page, PageHead } from '../../../_components/shell/page.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import { useSay } from '../../../_components/toast.tsx';
import { ChecksTable } from './checks-table.tsx';
import { MetricPanel } from './metric-panel.tsx';
import { type History, type Result, type Run, runCounts, runState, type Suite } from './models.ts';

interface SuiteViewProps {
  readonly suite: Suite;
  readonly run: Run | null;
  readonly results: Result[];
  readonly histories: History[];
}

/** What each check measured, against its limit and its past. */
export function SuiteView({ suite, run: firstRun, results: firstResults, histories }: SuiteViewProps) {
  const { run, results } = useResults(suite.id, firstRun, firstResults);
  const [key, setKey] = useQueryState('check');
  const chosen = results.find((result) => result.key === key) ?? results[0];
  const history = histories.find((history) => history.key === chosen?.key);
  const { state, word } = runState(run);
  return (
    <Page crumbs={[{ name: 'Quality', href: '/quality' }, { name: suite.name }]}>
      <PageHead
        title={suite.name}
        marks={
          <StateMark state={state} pill>
            {run?.finishedAt && !run.failure ? runCounts(run) : word}
          </StateMark>
        }
        actions={<Actions suite={suite} running={run !== null && !run.finishedAt} />}
      >
        <Description suite={suite} run={run} />
      </PageHead>
      <div className="stack">
        {run?.failure && <FailureNotice failure={run.failure} title="The checks could not be run" />}
        {results.length === 0 ? (
          <Panel>
            <Empty>{run ? 'The last run measured nothing.' : 'These checks have not run yet.'}</Empty>
          </Panel>
        ) : (
          <ChecksTable results={results} histories={histories} chosen={chosen?.key ?? ''} onChoose={setKey} />
        )}
        {chosen && history && <MetricPanel result={chosen} history={history} />}
      </div>
    </Page>
  );
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
        'Runs by hand.'
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
          .
        </>
      )}
    </>
  );
}

function Actions({ suite, running }: { suite: Suite; running: boolean }) {
  const [deleting, setDeleting] = useState(false);
  const [asked, setAsked] = useState(false);
  const router = useRouter();
  const say = useSay();
  const queries = useQueryClient();
  const run = async () => {
    setAsked(true);
    try {
      await api.post(`/suites/${suite.id}/run`);
      await queries.invalidateQueries({ queryKey: ['suites', suite.id] });
    } catch (error) {
      say.failed(error);
    } finally {
      setAsked(false);
    }
  };
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
      <Button kind="primary" icon="play" busy={asked || running} onClick={run}>
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

/** The last run, kept up to date; when another has finished, the page reads its histories again. */
function useResults(suiteId: string, firstRun: Run | null, firstResults: Result[]) {
  const router = useRouter();
  const { data } = useQuery({
    queryKey: ['suites', suiteId],
    queryFn: () => api.get<{ run: Run | null; results: Result[] }>(`/suites/${suiteId}/results`),
    initialData: { run: firstRun, results: firstResults },
    refetchInterval: EVERY_MS,
  });
  const finished = data.run?.finishedAt ? data.run.id : null;
  const seen = useRef(finished);
  useEffect(() => {
    if (finished !== null && finished !== seen.current) router.refresh();
    seen.current = finished;
  }, [finished, router]);
  return data;
}
