import type { StreamName, StreamState } from '#lib/catalog.ts';
import type { StreamTask, SyncKind } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import type { Source } from '#lib/extract/source.ts';
import type { SyncStream } from './sync-stream.ts';

/** What a sync was asked to do. */
export interface SyncOrder {
  readonly kind: SyncKind;
  /** Null means all streams of the connection. */
  readonly onlyStreams: readonly StreamName[] | null;
  /** In place of the usual. */
  readonly task?: StreamTask | null;
}

/** States that somebody set: the next sync begins from them, in the place of what was published. */
export interface NextState extends StreamName {
  readonly state: StreamState | null;
}

/**
 * The connection as this order wants it run: fewer streams, other states to begin from, or nothing to read at all.
 * @throws WeirError `stream_not_found` where a stream that it names has left the connection: doing nothing is no success
 */
export function ordered<Connection extends { readonly source: Source; readonly streams: readonly SyncStream[] }>(
  connection: Connection,
  { kind, onlyStreams, task = null }: SyncOrder,
  nextStates: readonly NextState[],
): Connection {
  const gone = onlyStreams?.find(
    (name) => !connection.streams.some(({ configured }) => isSame(name, configured.stream)),
  );
  if (gone) throw streamGone(gone.name);
  const streams = connection.streams.filter(
    ({ configured }) => onlyStreams?.some((name) => isSame(name, configured.stream)) ?? true,
  );
  if (empties({ kind }))
    return { ...connection, source: emptySource(connection.source), streams: streams.map(cleared) };
  const asked = streams.map((stream) => ({ ...begunFrom(stream, nextStates), ...(task && { task }) }));
  return { ...connection, streams: asked };
}

export function empties({ kind }: Pick<SyncOrder, 'kind'>): boolean {
  return kind === 'clear' || kind === 'reset';
}

function begunFrom(stream: SyncStream, nextStates: readonly NextState[]): SyncStream {
  const next = nextStates.find((name) => isSame(name, stream.configured.stream));
  return next ? { ...stream, begin: { state: next.state } } : stream;
}

/** An overwrite by nothing: one generation without rows and without a state takes the place of what is there. */
function cleared(stream: SyncStream): SyncStream {
  return {
    ...stream,
    configured: { ...stream.configured, syncMode: 'full_refresh', destinationSyncMode: 'overwrite' },
  };
}

function emptySource(source: Source): Source {
  return {
    spec: () => source.spec(),
    check: (context, config) => source.check(context, config),
    discover: (context, config) => source.discover(context, config),
    async *read() {},
  };
}

function streamGone(name: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'stream_not_found',
    message: `The connection has no stream ${name} any more, which this sync was asked for.`,
    hint: 'Choose it in the connection again, or start the sync for others.',
  });
}

function isSame(one: StreamName, other: { readonly name: string; readonly namespace?: string }): boolean {
  return one.name === other.name && one.namespace === (other.namespace ?? '');
}
