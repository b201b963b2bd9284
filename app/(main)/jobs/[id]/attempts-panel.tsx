import { TimeAt } from '../../../_components/clock.tsx';
import { formatDuration } from '../../../_components/format.ts';
import { asSentence } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { placeText } from '../../../_components/place-text.ts';
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
    machineText(attempt),
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
        <td className="r num nowrap">{attempt.peakMemoryMb === null ? '—' : `${attempt.peakMemoryMb} MB`}</td>
        <td className="r num nowrap">{formatDuration(attempt.cpuMs)}</td>
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

/** What the work took of the machine while it lasted, what it might have, and whether that held it up. */
function machineText({ cpuMs, peakCpuCores, memoryLimitMb, cpuLimitCores, cpuPausedMs, ...attempt }: Attempt): string {
  if (cpuMs === null || memoryLimitMb === null || attempt.finishedAt === null) return '';
  const wholeMs = new Date(attempt.finishedAt).getTime() - new Date(attempt.startedAt).getTime();
  const most = peakCpuCores === null ? '' : `, ${shown(peakCpuCores)} at most`;
  const paused =
    (cpuPausedMs ?? 0) < LEAST_SHOWN_PAUSE_MS ? '' : `, which paused it for ${formatDuration(cpuPausedMs)}`;
  const limits =
    cpuLimitCores === null
      ? `Limit: ${memoryLimitMb} MB.`
      : `Limits: ${memoryLimitMb} MB, ${cores(cpuLimitCores)}${paused}.`;
  return `${cores(cpuMs / Math.max(wholeMs, 1))} on average${most}. ${limits}`;
}

function cores(value: number): string {
  return `${shown(value)} ${shown(value) === 1 ? 'core' : 'cores'}`;
}

function shown(value: number): number {
  return Number(value.toFixed(2));
}
