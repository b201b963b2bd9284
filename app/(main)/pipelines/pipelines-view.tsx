'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { Pipeline } from '#lib/pipelines/pipelines.ts';
import { api } from '../../_components/api.ts';
import { TimeAgo } from '../../_components/clock.tsx';
import { cutMiddle, formatCount, plural } from '../../_components/format.ts';
import { useListFilter } from '../../_components/list-filter.tsx';
import { Empty } from '../../_components/notice.tsx';
import { Panel, Table } from '../../_components/panel.tsx';
import { LiveStamp } from '../../_components/shell/live-stamp.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';
import { StateMark } from '../../_components/state-mark.tsx';
import { syncState } from '../../_components/states.ts';
import { LinkTabs } from '../../_components/tabs.tsx';
import { trainingState } from '../../_components/training-state.ts';
import type { Wire } from '../../_components/wire.ts';
import { isTroubled, sentence } from './trouble.ts';

type Row = Wire<Pipeline>;

const EVERY_MS = 5_000;

/** Every pipeline from its sync over dbt and its checks to its training, those in trouble first. */
export function PipelinesView({ pipelines: first }: { pipelines: Row[] }) {
  const { data: pipelines, dataUpdatedAt } = useQuery({
    queryKey: ['pipelines'],
    queryFn: () => api.get<Row[]>('/pipelines'),
    initialData: first,
    // As old as the page: its time is not known here, and a stamp that differs is drawn twice.
    initialDataUpdatedAt: 0,
    refetchInterval: EVERY_MS,
  });
  const worstFirst = pipelines.toSorted((a, b) => Number(isTroubled(b)) - Number(isTroubled(a)));
  const { q, found, drawn, bar, more } = useListFilter(worstFirst, {
    wordsOf: ({ name, owner }) => `${name} ${owner ?? ''}`,
    label: 'Filter pipelines',
    by: 'name or owner',
  });
  return (
    <Page
      crumbs={[{ name: 'Overview', href: '/' }, { name: 'Pipelines' }]}
      live={dataUpdatedAt > 0 && <LiveStamp updatedAt={dataUpdatedAt} />}
    >
      <PageHead title={sentence(pipelines)}>
        Each with its sync, its dbt run, its data quality and its training.
      </PageHead>
      <LinkTabs
        label="Overview"
        current="pipelines"
        tabs={[
          { id: 'connections', label: 'Connections', href: '/' },
          { id: 'pipelines', label: 'Pipelines', href: '/pipelines' },
        ]}
      />
      {pipelines.length > 0 && bar}
      <Panel foot={more}>
        {found.length === 0 ? (
          <None q={q} />
        ) : (
          <Table className="cards pipes" label="Pipelines" head={<Head />}>
            {drawn.map((pipeline) => (
              <PipelineRow key={pipeline.id} pipeline={pipeline} />
            ))}
          </Table>
        )}
      </Panel>
    </Page>
  );
}

function None({ q }: { q: string }) {
  if (q) return <Empty>No pipeline matches “{q}”.</Empty>;
  const create = (
    <Link className="btn" href="/connections/new">
      New connection
    </Link>
  );
  return <Empty action={create}>No pipeline yet. Each connection of a source to a destination is one.</Empty>;
}

function Head() {
  return (
    <>
      <th>Pipeline</th>
      <th>Sync</th>
      <th className="r">Records</th>
      <th className="r">Minutes</th>
      <th>Next</th>
      <th>dbt</th>
      <th>Data quality</th>
      <th>Training</th>
    </>
  );
}

function PipelineRow({ pipeline: { id, name, owner, sync, dbt, quality, training } }: { pipeline: Row }) {
  const { status, failureCode } = sync;
  const state = status && syncState({ status, failure: failureCode === null ? null : { code: failureCode } });
  return (
    <tr>
      <td>
        <Link href={`/connections/${id}`} className="strong" title={name}>
          {cutMiddle(name, 32)}
        </Link>
        {owner && <span className="sub">{owner}</span>}
      </td>
      <td data-k="Sync" className="nowrap">
        {state ? <StateMark state={state.state}>{state.word}</StateMark> : <span className="muted">never</span>}
        <span className="sub">
          <TimeAgo at={sync.lastRun} missing="" />
        </span>
      </td>
      <td data-k="Records" className="r num">
        {sync.status ? formatCount(sync.records) : '—'}
      </td>
      <td data-k="Minutes" className="r num">
        {sync.durationMinutes === 0 ? '<0.1' : (sync.durationMinutes ?? '—')}
      </td>
      <td data-k="Next" className="num nowrap">
        <TimeAgo at={sync.nextRun} />
      </td>
      <td data-k="dbt">
        <Dbt dbt={dbt} />
      </td>
      <td data-k="Data quality">
        <Quality quality={quality} isHeld={state?.state === 'block'} />
      </td>
      <td data-k="Training">
        <Training training={training} />
      </td>
    </tr>
  );
}

function Dbt({ dbt }: { dbt: Row['dbt'] }) {
  if (dbt === null) return <span className="muted">not reported</span>;
  const { status, lastRun, modelsRun, testsPassed, testsFailed } = dbt;
  return (
    <>
      <StateMark state={status === 'success' ? 'ok' : 'fail'}>
        {status === 'success' ? 'Succeeded' : 'Failed'}
      </StateMark>
      <span className="sub">
        {plural(modelsRun, 'model')}, tests {formatCount(testsPassed)} passed, {formatCount(testsFailed)} failed
      </span>
      <span className="sub">
        <TimeAgo at={lastRun} />
      </span>
    </>
  );
}

function Quality({ quality, isHeld }: { quality: Row['quality']; isHeld: boolean }) {
  if (quality === null) return <span className="muted">no checks</span>;
  const { checks, passed, failed, warning } = quality;
  const state = failed > 0 ? 'fail' : passed < checks ? 'warn' : 'ok';
  return (
    <>
      <StateMark state={state}>
        {isHeld && 'published: '}
        {formatCount(passed)} of {formatCount(checks)} pass
      </StateMark>
      {failed > 0 && <span className="sub">{formatCount(failed)} failed</span>}
      {warning && <span className="sub">{warning}</span>}
    </>
  );
}

function Training({ training }: { training: Row['training'] }) {
  if (training === null) return <span className="muted">not reported</span>;
  const { modelVersion, accuracy, lastRun } = training;
  const { state, word } = trainingState(training.status);
  return (
    <>
      <StateMark state={state}>{word}</StateMark>
      <span className="sub">
        {modelVersion}
        {accuracy !== null && `, accuracy ${accuracy}`}
      </span>
      <span className="sub">
        <TimeAgo at={lastRun} />
      </span>
    </>
  );
}
