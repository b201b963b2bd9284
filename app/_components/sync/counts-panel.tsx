import Link from 'next/link';
import { formatBytes, formatBytesOf, formatCount } from '../format.ts';
import { Panel, Table } from '../panel.tsx';
import { StateMark } from '../state-mark.tsx';
import { isLive, type Named, streamState } from '../states.ts';
import type { Sync } from './use-sync.ts';

type Stream = Sync['streams'][number];

/** Where every record that was read went. */
export function CountsPanel({ sync }: { sync: Sync }) {
  return (
    <Panel
      title="Counts"
      sub={<Balance sync={sync} />}
      side={<span className="sub">read = filtered + quarantined + staged</span>}
    >
      <Table className="sums num" label="Counts of each stream" head={<Head />}>
        {sync.streams.map((stream) => (
          <StreamRow key={`${stream.namespace}.${stream.name}`} stream={stream} sync={sync} />
        ))}
      </Table>
    </Panel>
  );
}

function Balance({ sync }: { sync: Sync }) {
  if (isLive(sync.status)) return <StateMark state="run">Counting</StateMark>;
  const off = sync.streams.filter((stream) => !reconciles(stream));
  if (off.length === 0) return <StateMark state="ok">Every record is accounted for</StateMark>;
  return <StateMark state="fail">{off.map(({ name }) => name).join(', ')}: counts do not add up</StateMark>;
}

function Head() {
  return (
    <>
      <th>Stream</th>
      <th>Pages</th>
      <th>Read</th>
      <th>
        <span className="vh">equals</span>
      </th>
      <th>Filtered</th>
      <th>
        <span className="vh">plus</span>
      </th>
      <th>Quarantined</th>
      <th>
        <span className="vh">plus</span>
      </th>
      <th>Staged</th>
      <th>Bytes</th>
      <th>Result</th>
    </>
  );
}

function StreamRow({ stream, sync }: { stream: Stream; sync: Sync }) {
  const live = isLive(sync.status);
  const { state, word } = resultOf(stream, live);
  return (
    <tr>
      <td className="strong">{stream.name}</td>
      <td>{formatCount(stream.pages)}</td>
      <td>{formatCount(stream.read)}</td>
      <td className="op">=</td>
      <td className={faint(stream.filtered)}>{formatCount(stream.filtered)}</td>
      <td className="op">+</td>
      <td className={faint(stream.quarantined)}>
        {stream.quarantined === 0 ? (
          '0'
        ) : (
          <Link className="link" href={`/connections/${sync.connectionId}/quarantine?sync=${sync.id}`}>
            {formatCount(stream.quarantined)}
          </Link>
        )}
      </td>
      <td className="op">+</td>
      <td>{formatCount(stream.written)}</td>
      <td className="muted">{live ? formatBytesOf(stream.bytes, stream.bytesTotal) : formatBytes(stream.bytes)}</td>
      <td>
        <StateMark state={state}>{word}</StateMark>
      </td>
    </tr>
  );
}

/** Zero recedes. */
function faint(count: number): string {
  return count === 0 ? 'faint' : '';
}

function resultOf(stream: Stream, live: boolean): Named {
  const named = streamState(stream.status);
  if (live || stream.status !== 'published') return named;
  return reconciles(stream) ? { state: 'ok', word: 'Published' } : { state: 'fail', word: 'Does not add up' };
}

/** The law of design.md: nothing is lost between reading and writing. */
export function reconciles({ status, read, filtered, quarantined, written }: Stream): boolean {
  return status !== 'published' || read === filtered + quarantined + written;
}
