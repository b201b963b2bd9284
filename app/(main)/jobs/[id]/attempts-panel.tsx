import { TimeAt } from '../../../_components/clock.tsx';
import { formatDuration } from '../../../_components/format.ts';
import { asSentence, placeText } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import type { Named } from '../../../_components/states.ts';
import { SyncDuration } from '../../../_components/sync/syncs-table.tsx';
import type { Sync } from '../../../_components/sync/use-sync.ts';

type Attempt = Sync['attemptList'][number];

const LEAST_SHOWN_PAUSE_MS = 1_000;

const STATES: Record<Attempt['status'], Named> = {
  running: { state: 'run', word: 'Running' },
  succeeded: { state: 'ok', word: 'Succeeded' },
  failed: { state: 'fail', word: 'Failed' },
  cancelled: { state: 'off', word: 'Cancelled' },
};

/** Each try, with the worker that made it and why it ended. */
export function AttemptsPanel({ attempts }: { attempts: readonly Attempt[] }) {
  if (attempts.length === 0) return null;
  return (
    <Panel title="Attempts">
      <Table
        label="Attempts"
        className="tight attempts"
        head={
          <>
            <th className="r">No.</th>
            <th>State</th>
            <th>Started</th>
            <th className="r">Duration</th>
            <th className="r">Memory</th>
            <th className="r">CPU</th>
          </>
        }
      >
        {attempts.map((attempt) => (
          <AttemptRow key={attempt.number} attempt={attempt} />
        ))}
      </Table>
    </Panel>
  );
}

function AttemptRow({ attempt }: { attempt: Attempt }) {
  const { state, word } = STATES[attempt.status];
  const place = placeText(attempt.failure?.where);
  const told = [
    attempt.failure && `${asSentence(attempt.failure.message)} ${place && `At ${place}.`}`,
    pauseText(attempt),
  ].filter(Boolean);
  return (
    <>
      <tr className={told.length > 0 ? 'joined' : ''}>
        <td className="r num">{attempt.number}</td>
        <td>
          <StateMark state={state}>{word}</StateMark>
        </td>
        <td className="num" title={`on worker ${attempt.worker}`}>
          <TimeAt at={attempt.startedAt} />
        </td>
        <td className="r num">
          <SyncDuration sync={attempt} />
        </td>
        <td className="r num nowrap" title={memoryTitle(attempt)}>
          {attempt.peakMemoryMb === null ? '—' : `${attempt.peakMemoryMb} MB`}
        </td>
        <td className="r num nowrap" title={cpuTitle(attempt)}>
          {formatDuration(attempt.cpuMs)}
        </td>
      </tr>
      {told.length > 0 && (
        <tr>
          <td />
          <td colSpan={5} className="muted small">
            {told.join(' ')}
          </td>
        </tr>
      )}
    </>
  );
}

/** Why it took longer than its work, where a limit held it up. */
function pauseText({ cpuPausedMs, cpuLimitCores }: Attempt): string {
  if (!cpuPausedMs || cpuPausedMs < LEAST_SHOWN_PAUSE_MS) return '';
  return `Its CPU limit of ${cores(cpuLimitCores)} paused it for ${formatDuration(cpuPausedMs)}.`;
}

function memoryTitle({ memoryLimitMb }: Attempt): string | undefined {
  return memoryLimitMb === null ? undefined : `most at once; its limit was ${memoryLimitMb} MB`;
}

function cpuTitle({ cpuMs, peakCpuCores, cpuLimitCores, startedAt, finishedAt }: Attempt): string | undefined {
  if (cpuMs === null || finishedAt === null) return undefined;
  const wholeMs = new Date(finishedAt).getTime() - new Date(startedAt).getTime();
  return [
    `${cores(cpuMs / Math.max(wholeMs, 1))} on average`,
    peakCpuCores !== null && `${cores(peakCpuCores)} at most`,
    cpuLimitCores === null ? 'no limit' : `limit ${cores(cpuLimitCores)}`,
  ]
    .filter(Boolean)
    .join(', ');
}

function cores(value: number | null): string {
  const shown = Number((value ?? 0).toFixed(2));
  return `${shown} ${shown === 1 ? 'core' : 'cores'}`;
}
