'use client';

import Link from 'next/link';
import { type Lane, Legend, Waterfall } from '../charts/waterfall.tsx';
import { TimeAgo, TimeAt, useNow } from '../clock.tsx';
import { formatDuration, millis, plural } from '../format.ts';
import { Panel } from '../panel.tsx';
import { StateMark } from '../state-mark.tsx';
import { isLive, syncState } from '../states.ts';
import { slowestPhase, streamBars } from './stream-bars.ts';
import { taskWords } from './task-words.ts';
import type { Sync } from './use-sync.ts';

/** When each stream was read and published, on one axis. */
export function SyncPanel({ sync, linkToJob = false }: { sync: Sync; linkToJob?: boolean }) {
  const { state, word } = syncState(sync);
  const task = linkToJob ? taskWords(sync.task) : null;
  const side = linkToJob ? (
    <Link className="link small nowrap" href={`/jobs/${sync.id}`}>
      Log and attempts
    </Link>
  ) : undefined;
  return (
    <Panel
      title={<h2>Sync {sync.id}</h2>}
      sub={
        <>
          <StateMark state={state}>{word}</StateMark> <span className="faint">·</span> <SyncTimes sync={sync} />
          {task && ` It is ${task}.`}
        </>
      }
      side={side}
      foot={<Legend items={legendOf(sync)} />}
    >
      <StreamsWaterfall sync={sync} />
    </Panel>
  );
}

const LEGEND = [
  ['ph-1', 'waits for the source'],
  ['ph-2', 'staged'],
  ['ph-3', 'checked'],
  ['ph-4', 'published'],
] as const;
const LEGEND_OF_ENDS = { held: ['block', 'held (hatched)'], failed: ['fail', 'failed (hatched)'] } as const;

/** Bad ends are explained where there are some. */
function legendOf({ streams }: Sync) {
  const ends = (['held', 'failed'] as const).filter((end) => streams.some(({ status }) => status === end));
  return [...LEGEND, ...ends.map((end) => LEGEND_OF_ENDS[end])];
}

function SyncTimes({ sync }: { sync: Sync }) {
  const attempt = sync.attempts > 1 ? ` Attempt ${sync.attempts}.` : '';
  if (!sync.startedAt) {
    return (
      <>
        waits for a worker since <TimeAt at={sync.createdAt} seconds />.
      </>
    );
  }
  if (!sync.finishedAt) {
    return (
      <>
        since <TimeAt at={sync.startedAt} seconds />.{attempt}
      </>
    );
  }
  return (
    <>
      <TimeAt at={sync.startedAt} seconds /> to <TimeAt at={sync.finishedAt} seconds />,{' '}
      <TimeAgo at={sync.finishedAt} />.{attempt}
    </>
  );
}

function StreamsWaterfall({ sync }: { sync: Sync }) {
  const now = useNow();
  const from = millis(sync.startedAt ?? sync.createdAt);
  const to = sync.finishedAt ? millis(sync.finishedAt) : Math.max(now, from + 1000);
  return (
    <Waterfall
      streams
      totalMs={to - from}
      lanes={sync.streams.map((stream) => streamLane(stream, from, isLive(sync.status) ? now : to))}
    />
  );
}

function streamLane(stream: Sync['streams'][number], from: number, end: number): Lane {
  const start = stream.startedAt === null ? null : millis(stream.startedAt) - from;
  const slow = slowestPhase(stream.phases);
  const stop = (stream.finishedAt === null ? end : millis(stream.finishedAt)) - from;
  return {
    id: `${stream.namespace}.${stream.name}`,
    name: (
      <>
        <b className="strong">{stream.name}</b> <span className="muted sub2">{plural(stream.read, 'record')}</span>
        {slow && <span className="slow clip">{slow}</span>}
      </>
    ),
    bars: start === null ? [] : streamBars(stream, start, stop, from),
    result: start === null ? 'waits' : formatDuration(Math.max(0, stop - start)),
  };
}
