import { TimeAt } from '../../../_components/clock.tsx';
import { formatDuration } from '../../../_components/format.ts';
import { asSentence, placeText } from '../../../_components/notice.tsx';
import { Panel, Table } from '../../../_components/panel.tsx';
import { StateMark } from '../../../_components/state-mark.tsx';
import type { Named } from '../../../_components/states.ts';
import { SyncDuration } from '../../../_components/sync/syncs-table.tsx';
import type { Sync } from '../../../_components/sync/use-sync.ts';

type Attempt = Sync['attemptList'][number];

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
  return (
    <>
      <tr className={attempt.failure ? 'joined' : ''}>
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
      {attempt.failure && (
        <tr>
          <td />
          <td colSpan={5} className="muted small">
            {asSentence(attempt.failure.message)} {place && `At ${place}.`}
          </td>
        </tr>
      )}
    </>
  );
}
