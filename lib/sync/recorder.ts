import type { StreamState } from '#lib/catalog.ts';
import type { Db } from '#lib/db/connect.ts';
import type { SyncStreamStatus } from '#lib/db/schema.ts';
import type { Counts, Published, SchemaChange } from '#lib/destinations/destination.ts';
import { type Failure, failureText } from '#lib/errors.ts';
import { stringifyJson } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import type { Attempt } from './attempt-store.ts';
import type { Phases } from './phase-times.ts';
import { saveSchema } from './schema-snapshots.ts';
import { LOAD_HELD } from './store.ts';
import type { SyncStream } from './sync-stream.ts';

const FLUSH_MS = 500;

/** What a sync writes down about itself while it runs. Progress and log lines are written in bursts. */
export interface Recorder {
  started(stream: SyncStream): void;
  progress(stream: SyncStream, counts: Counts, pages: number): void;
  /** So many bytes the stream will have read in the end; null where nobody knows. */
  expected(stream: SyncStream, bytes: number | null): void;
  /** Readers see the stream up to this state now; null where none is kept. */
  advanced(stream: SyncStream, state: StreamState | null): Promise<void>;
  /** The same for the last time, with what came of it and where the time went. */
  published(
    stream: SyncStream,
    ended: { readonly published: Published; readonly state: StreamState | null; readonly phases: Phases },
  ): Promise<void>;
  /** Its load is about to be held back: what it would change of the table is known now, and may be why. */
  held(stream: SyncStream, changes: readonly SchemaChange[]): Promise<void>;
  failed(
    stream: SyncStream,
    ended: { readonly failure: Failure; readonly error: unknown; readonly phases: Phases },
  ): Promise<void>;
  log(level: 'info' | 'warn' | 'error', message: string, stream?: SyncStream): void;
  /** Writes what is still held back, and stops. */
  close(): Promise<void>;
}

interface Options {
  readonly db: Db;
  readonly log: Log;
  readonly clock: () => Date;
  readonly attempt: Attempt;
}

interface Line {
  readonly level: string;
  readonly message: string;
  readonly stream: string | null;
  readonly at: Date;
}

/** Into the service's database, where the pages follow it. */
export function databaseRecorder(options: Options): Recorder {
  const { db, log, clock, attempt } = options;
  const { syncId, workspaceId } = attempt;
  const bursts = startBursts(options);
  const putAside = new Map<SyncStream, number>();
  const line: Recorder['log'] = (level, message, stream) => {
    // Postgres' text has no NUL, and one line would take the others with it.
    const text = message.replaceAll('\0', '\ufffd');
    bursts.line({ level, message: text, stream: stream?.configured.stream.name ?? null, at: clock() });
  };

  return {
    log: line,
    started(stream) {
      line('info', `Reading ${stream.configured.stream.name}, ${modeWords(stream)}.`, stream);
      bursts.update(stream, { status: 'running', started_at: clock(), failure: null });
    },
    progress(stream, counts, pages) {
      putAside.set(stream, counts.quarantined);
      bursts.progress(stream, counts, pages);
    },
    expected: (stream, bytes) => bursts.update(stream, { bytes_total: bytes }),
    async advanced(stream, state) {
      await advance(db, attempt, stream, { state: state && stringifyJson(state) });
    },
    async published(stream, { published, state, phases }) {
      line('info', publishedWords(published), stream);
      if (published.keyless) line('warn', keylessWords(published.keyless), stream);
      const aside = putAside.get(stream) ?? 0;
      if (aside > 0) line('warn', putAsideWords(aside), stream);
      const counts = await bursts.lastCounts(stream);
      await advance(db, attempt, stream, {
        ...counts,
        ...{ state: state && stringifyJson(state), status: 'published', finished_at: clock(), published_at: clock() },
        phases: JSON.stringify(phases),
        relation: JSON.stringify(published.relation),
        published: JSON.stringify({ ...published, relation: undefined, columns: undefined }),
      });
      await saveSchema(db, attempt, stream.configured, published.columns ?? []);
      const changes = published.schemaChanges ?? [];
      for (const { change, field, detail } of changes)
        line('info', `${CHANGES[change]}: ${field} (${detail}).`, stream);
      await insertSchemaChanges(db, attempt, stream, changes);
    },
    async held(stream, changes) {
      await insertSchemaChanges(db, attempt, stream, changes);
    },
    async failed(stream, { failure, error, phases }) {
      if (failure.code === 'load_discarded') await forgetSchemaChanges(db, syncId, stream.configured.stream);
      if (failure.kind === 'bug') log.error({ err: error, syncId, workspaceId }, 'stream failed');
      line('error', failureText(failure), stream);
      await bursts.flush();
      await updateStream(db, syncId, stream, {
        status: statusOf(failure, stream),
        finished_at: clock(),
        phases: JSON.stringify(phases),
        failure: JSON.stringify(failure),
      });
    },
    close: bursts.close,
  };
}

/** Lines and counts are kept until the next burst, and what is written comes one after the other. */
function startBursts({ db, log, attempt }: Options) {
  const { syncId } = attempt;
  let lines: Line[] = [];
  const waiting = new Map<SyncStream, Progress>();
  let writing = Promise.resolve();
  const write = (what: () => Promise<void>) => {
    writing = writing
      .then(what)
      .catch((error: unknown) => log.warn({ err: error, syncId }, 'progress was not written'));
    return writing;
  };
  const flush = () =>
    write(async () => {
      const [batch, progress] = [lines, [...waiting]];
      lines = [];
      waiting.clear();
      if (batch.length > 0) await insertLines(db, attempt, batch);
      for (const [stream, counted] of progress) await updateStream(db, syncId, stream, countsOf(counted));
    });
  const timer = setInterval(flush, FLUSH_MS);
  return {
    flush,
    line: (line: Line) => void lines.push(line),
    progress: (stream: SyncStream, counts: Counts, pages: number) => void waiting.set(stream, { ...counts, pages }),
    update: (stream: SyncStream, change: object) => void write(() => updateStream(db, syncId, stream, change)),
    /** Those that were not written yet, once all before them is. */
    async lastCounts(stream: SyncStream) {
      const counted = waiting.get(stream);
      waiting.delete(stream);
      await writing;
      return counted && countsOf(counted);
    },
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

type Progress = Counts & { readonly pages: number };

/** A load that waits for a decision keeps waiting when carrying the decision out failed, as long as its stage is there. */
function statusOf({ code }: Failure, { decision }: SyncStream): SyncStreamStatus {
  if (code === LOAD_HELD) return 'held';
  if (code === 'load_discarded') return 'discarded';
  return decision !== undefined && code !== 'stage_lost' ? 'held' : 'failed';
}

async function insertLines(db: Db, attempt: Attempt, lines: readonly Line[]): Promise<void> {
  const { syncId, workspaceId, number } = attempt;
  await db
    .insertInto('sync_log')
    .values(lines.map((line) => ({ sync_id: syncId, workspace_id: workspaceId, attempt: number, ...line })))
    .execute();
}

function countsOf({ read, filtered, quarantined, written, bytes, pages }: Progress) {
  return { read, filtered, quarantined, written, bytes, pages };
}

/** The stream has published: from now on its own state counts, and not one that somebody set. */
async function advance(
  db: Db,
  { syncId, connectionId }: Attempt,
  { configured }: SyncStream,
  change: object,
): Promise<void> {
  const { name, namespace = '' } = configured.stream;
  await db
    .with('forgotten', (query) =>
      query
        .deleteFrom('next_state')
        .where('connection_id', '=', connectionId)
        .where('namespace', '=', namespace)
        .where('name', '=', name),
    )
    .updateTable('sync_stream')
    .set(change)
    .where('sync_id', '=', syncId)
    .where('namespace', '=', namespace)
    .where('name', '=', name)
    .execute();
}

async function updateStream(db: Db, syncId: number, { configured }: SyncStream, change: object): Promise<void> {
  await db
    .updateTable('sync_stream')
    .set(change)
    .where('sync_id', '=', syncId)
    .where('namespace', '=', configured.stream.namespace ?? '')
    .where('name', '=', configured.stream.name)
    .execute();
}

const CHANGES: Readonly<Record<SchemaChange['change'], string>> = {
  column_added: 'New column',
  column_widened: 'Column took a wider type',
  field_left_out: 'New field was left out',
};

/** A load that was held and is released has noted them already. */
async function insertSchemaChanges(
  db: Db,
  { workspaceId, connectionId, syncId }: Attempt,
  { configured: { stream } }: SyncStream,
  changes: readonly SchemaChange[],
): Promise<void> {
  if (changes.length === 0) return;
  await forgetSchemaChanges(
    db,
    syncId,
    stream,
    changes.map(({ field }) => field),
  );
  await db
    .insertInto('schema_change')
    .values(
      changes.map(({ change, field, detail }) => ({
        ...{ workspace_id: workspaceId, connection_id: connectionId, sync_id: syncId },
        ...{ namespace: stream.namespace ?? '', stream: stream.name, change, field, detail },
      })),
    )
    .execute();
}

/** Of one sync's load, of all or some fields: it was discarded, or they are noted anew. */
async function forgetSchemaChanges(
  db: Db,
  syncId: number,
  { namespace = '', name }: { readonly namespace?: string; readonly name: string },
  fields?: readonly string[],
): Promise<void> {
  await db
    .deleteFrom('schema_change')
    .where('sync_id', '=', syncId)
    .where('namespace', '=', namespace)
    .where('stream', '=', name)
    .$if(fields !== undefined, (query) => query.where('field', 'in', [...(fields ?? [])]))
    .execute();
}

function modeWords({ configured }: SyncStream): string {
  return `${configured.syncMode} ${configured.destinationSyncMode}`.replaceAll('_', ' ');
}

function keylessWords(keyless: number): string {
  return `The key of this stream has changed: ${keyless} rows of before have no value in it, and no later row will replace them. Refresh the stream without keeping its history to read them again.`;
}

function putAsideWords(rows: number): string {
  return `${rows} ${rows === 1 ? 'row was' : 'rows were'} put aside: the connection’s quarantine says why, and loads them again.`;
}

function publishedWords({ inserted, updated, deleted, repeated = 0, rows }: Published): string {
  const parts = [
    `${inserted} inserted`,
    updated > 0 && `${updated} updated`,
    deleted > 0 && `${deleted} deleted`,
    repeated > 0 && `${repeated} merged with rows of the same key in this load`,
  ];
  const now = rows === null ? '' : `; the table holds ${rows}`;
  return `Published: ${parts.filter(Boolean).join(', ')}${now}.`;
}
