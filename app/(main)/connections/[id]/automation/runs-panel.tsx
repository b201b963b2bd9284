'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import type { CommandRun } from '#lib/pipelines/command-runs.ts';
import { api } from '../../../../_components/api.ts';
import { Button } from '../../../../_components/button.tsx';
import { TimeAgo } from '../../../../_components/clock.tsx';
import { Dialog } from '../../../../_components/dialog.tsx';
import { formatDuration, millis } from '../../../../_components/format.ts';
import { Panel, Table } from '../../../../_components/panel.tsx';
import { StateMark } from '../../../../_components/state-mark.tsx';
import type { Named } from '../../../../_components/states.ts';
import { useSay } from '../../../../_components/toast.tsx';
import type { Wire } from '../../../../_components/wire.ts';

type Run = Wire<CommandRun>;

const EVERY_MS = 3_000;
const STATES: Record<Run['status'], Named> = {
  pending: { state: 'wait', word: 'Waiting' },
  running: { state: 'run', word: 'Running' },
  succeeded: { state: 'ok', word: 'Succeeded' },
  failed: { state: 'fail', word: 'Failed' },
  cancelled: { state: 'off', word: 'Cancelled' },
  skipped: { state: 'wait', word: 'Not run' },
};

/** The commands that ran after syncs, newest first, each with its log. */
export function RunsPanel({ id, runs: first, readOnly }: { id: string; runs: Run[]; readOnly: boolean }) {
  const [shown, setShown] = useState<Run | null>(null);
  const { data: runs } = useQuery({
    queryKey: ['command-runs', id],
    queryFn: () => api.get<Run[]>(`/command-runs?connectionId=${id}`),
    initialData: first,
    refetchInterval: EVERY_MS,
  });
  if (runs.length === 0) return null;
  return (
    <Panel title="Commands">
      <Table className="cards" label="Commands" head={<Head />}>
        {runs.map((run) => (
          <RunRow key={run.id} run={run} readOnly={readOnly} onShow={() => setShown(run)} />
        ))}
      </Table>
      {shown !== null && <LogDialog run={shown} onClose={() => setShown(null)} />}
    </Panel>
  );
}

function Head() {
  return (
    <>
      <th>State</th>
      <th>Command</th>
      <th>Ended</th>
      <th>
        <span className="vh">Actions</span>
      </th>
    </>
  );
}

function RunRow({ run, readOnly, onShow }: { run: Run; readOnly: boolean; onShow: () => void }) {
  const say = useSay();
  const queries = useQueryClient();
  const { state, word } = STATES[run.status];
  const cancel = async () => {
    await api.post(`/command-runs/${run.id}/cancel`).catch(say.failed);
    await queries.invalidateQueries({ queryKey: ['command-runs'] });
  };
  const isOpen = run.status === 'running' || run.status === 'pending';
  const took = run.startedAt && run.finishedAt ? millis(run.finishedAt) - millis(run.startedAt) : null;
  return (
    <tr>
      <td className="nowrap">
        <StateMark state={state}>{word}</StateMark>
      </td>
      <td data-k="Command">
        {run.command}
        <span className="sub">
          {run.syncId !== null && (
            <>
              after{' '}
              <Link className="link" href={`/jobs/${run.syncId}`}>
                sync {run.syncId}
              </Link>
            </>
          )}
          {run.failure && `: ${run.failure.message}`}
        </span>
      </td>
      <td data-k="Ended" className="num">
        <TimeAgo at={run.finishedAt} />
        {took !== null && <span className="sub">{formatDuration(took)}</span>}
      </td>
      <td className="r">
        <span className="row" style={{ justifyContent: 'flex-end' }}>
          {isOpen && !readOnly && (
            <Button size="s" onClick={cancel} aria-label={`Cancel ${run.command} ${run.id}`}>
              Cancel
            </Button>
          )}
          {run.startedAt !== null && (
            <Button size="s" onClick={onShow} aria-label={`Log of ${run.command} ${run.id}`}>
              Log
            </Button>
          )}
        </span>
      </td>
    </tr>
  );
}

function LogDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const { data } = useQuery({
    queryKey: ['command-log', run.id],
    queryFn: () => api.get<Run & { log: string }>(`/command-runs/${run.id}`),
    refetchInterval: ({ state }) => (state.data?.finishedAt ? false : EVERY_MS),
  });
  return (
    <Dialog open onOpenChange={onClose} title={`Log of ${run.command}`} wide>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre className="mono command-log" tabIndex={0}>
        {data === undefined ? 'Reading …' : data.log || 'It has written nothing.'}
      </pre>
    </Dialog>
  );
}
