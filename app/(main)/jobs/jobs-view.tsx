'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import type { SyncStatus } from '#lib/db/schema.ts';
import type { SyncSummary } from '#lib/sync/syncs.ts';
import { api } from '../../_components/api.ts';
import { Button } from '../../_components/button.tsx';
import { formatCount } from '../../_components/format.ts';
import { Empty } from '../../_components/notice.tsx';
import { Panel } from '../../_components/panel.tsx';
import { LiveStamp } from '../../_components/shell/live-stamp.tsx';
import { Page, PageHead } from '../../_components/shell/page.tsx';
import { isLive, syncState } from '../../_components/states.ts';
import { SyncsTable } from '../../_components/sync/syncs-table.tsx';
import type { Wire } from '../../_components/wire.ts';

type Summary = Wire<SyncSummary>;
const PAGE = 50;
const EVERY_MS = 4_000;
const SHOWS = ['failed', 'running'] as const;
type Show = (typeof SHOWS)[number];
/** As the API knows them: what is filtered there is found however long ago it was. */
const STATUSES: Readonly<Record<Show, readonly SyncStatus[]>> = {
  failed: ['failed', 'partial'],
  running: ['pending', 'running', 'incomplete'],
};

export function JobsView({ syncs: initial }: { syncs: Summary[] }) {
  const [{ show, q }, setQuery] = useQueryStates({
    show: parseAsStringLiteral(SHOWS),
    q: parseAsString.withDefault(''),
  });
  const { data, dataUpdatedAt, fetchNextPage, hasNextPage, isFetchingNextPage } = useSyncPages(show, initial);
  const syncs = data.pages.flat();
  const shown = syncs.filter((sync) => sync.connectionName.toLowerCase().includes(q.trim().toLowerCase()));
  return (
    <Page crumbs={[{ name: 'Jobs' }]} live={dataUpdatedAt > 0 && <LiveStamp updatedAt={dataUpdatedAt} />}>
      <PageHead title="Jobs">{headline(syncs, show)}</PageHead>
      {syncs.length === 0 && !show ? (
        <section className="panel">
          <Empty
            action={
              <Link className="btn" href="/connections">
                Open the connections
              </Link>
            }
          >
            No sync has run yet. A connection syncs on its schedule or by hand.
          </Empty>
        </section>
      ) : (
        <>
          <div className="toolbar">
            {/* biome-ignore lint/a11y/useSemanticElements: a segmented control, not a fieldset */}
            <div className="seg" role="group" aria-label="Filter by state">
              <Choice name="All" pressed={!show} onPress={() => setQuery({ show: null })} />
              <Choice name="Running" pressed={show === 'running'} onPress={() => setQuery({ show: 'running' })} />
              <Choice name="Failed" pressed={show === 'failed'} onPress={() => setQuery({ show: 'failed' })} />
            </div>
            <input
              className="input quiet"
              type="search"
              data-filter
              placeholder="Filter by connection  /"
              aria-label="Filter jobs by connection"
              value={q}
              onChange={(event) => setQuery({ q: event.target.value || null })}
            />
          </div>
          <Panel
            {...(hasNextPage && {
              foot: (
                <Button size="s" busy={isFetchingNextPage} onClick={() => fetchNextPage()}>
                  Older syncs
                </Button>
              ),
            })}
          >
            <SyncsTable syncs={shown} />
            {shown.length === 0 && <Empty>{noneText(show, q)}</Empty>}
          </Panel>
        </>
      )}
    </Page>
  );
}

function useSyncPages(show: Show | null, initial: Summary[]) {
  const status = show ? `&status=${STATUSES[show].join(',')}` : '';
  return useInfiniteQuery({
    queryKey: ['syncs', show ?? 'all'],
    queryFn: ({ pageParam }) =>
      api.get<Summary[]>(`/syncs?limit=${PAGE}${status}${pageParam === null ? '' : `&before=${pageParam}`}`),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.length < PAGE ? null : (last.at(-1)?.id ?? null)),
    initialData: { pages: [wanted(initial, show)], pageParams: [null] },
    initialDataUpdatedAt: 0,
    refetchInterval: EVERY_MS,
  });
}

/** The page was sent with the newest of all; until the answer is there, those of them that fit. */
function wanted(syncs: Summary[], show: Show | null): Summary[] {
  return show ? syncs.filter(({ status }) => STATUSES[show].includes(status)) : syncs;
}

function Choice(props: { name: string; pressed: boolean; onPress: () => void }) {
  return (
    <button type="button" aria-pressed={props.pressed} onClick={props.onPress}>
      {props.name}
    </button>
  );
}

function noneText(show: Show | null, q: string): string {
  if (q) return `No sync of those read so far is of a connection like “${q}”.`;
  return show === 'failed' ? 'No sync has failed.' : 'Nothing runs now.';
}

function headline(syncs: readonly Summary[], show: Show | null): string {
  if (show === 'failed') return 'Syncs that failed or are held, newest first.';
  if (show === 'running') return syncs.length === 0 ? 'Nothing runs now.' : 'What runs or waits for a worker now.';
  if (syncs.length === 0) return 'Every sync of every connection, newest first.';
  const running = syncs.filter(({ status }) => isLive(status)).length;
  const held = syncs.filter((sync) => syncState(sync).state === 'block').length;
  const failed = syncs.filter((sync) => syncState(sync).state === 'fail').length;
  const now = running === 0 ? 'Nothing runs now' : `${running} ${running === 1 ? 'runs' : 'run'} now`;
  const waiting = held === 0 ? '' : `, ${held} ${held === 1 ? 'is' : 'are'} held`;
  return `${now}. ${failed === 0 ? 'None' : failed} of the last ${formatCount(syncs.length)} syncs failed${waiting}.`;
}
