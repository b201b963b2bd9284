import { readFileSync } from 'node:fs';
import pg from 'pg';
import { streamsOver } from '#lib/extract/fixtures/answering-client.ts';
import type { JsonObject } from '#lib/json.ts';
import { type Script, type ScriptedServer, scriptedServer } from '#tests/harness/scripted-server.ts';
import { type ConnectOptions, type SignedIn, signedIn } from '#tests/harness/signed-in.ts';
import { startWeir, type WeirServer } from '#tests/harness/weir-server.ts';

/** How a sync ended, as its page shows it. */
export interface Ended {
  readonly status: string;
  readonly attempts: number;
  readonly failure: { readonly code: string; readonly message: string; readonly hint?: string } | null;
}

export interface Connected {
  readonly id: string;
  /** Before the name of each table. */
  readonly prefix: string;
}

interface ConnectionShown {
  readonly source: { readonly id: string; readonly connectorId: string };
  readonly destination: { readonly id: string };
  readonly streams: readonly object[];
  readonly schedule: object;
}

/** A running service with a warehouse, for faults to happen to. */
export interface World {
  readonly weir: WeirServer;
  readonly client: SignedIn;
  /** An API that misbehaves as it is told; the service may reach it. */
  api(script: Script): Promise<ScriptedServer>;
  /** A connection of all streams of a manifest into the warehouse; its tables have the prefix. */
  connect(manifest: string, api: ScriptedServer, options?: ConnectOptions): Promise<Connected>;
  /** A second connection of the same source, with tables of its own. */
  another(connection: Connected): Promise<Connected>;
  sync(connection: Connected): Promise<Ended>;
  syncOf(connection: Connected): Promise<{ syncId: number; ended: Ended }>;
  start(connection: Connected): Promise<number>;
  /** A new version of the connector that the connection reads with. */
  change(connection: Connected, manifest: string): Promise<void>;
  /** The sync once it is over; it does not wait between its attempts. */
  end(syncId: number): Promise<Ended>;
  /** What is waited for, while jobs of this kind that wait for their time are due at once. */
  hurried<T>(work: Promise<T>, job: Job): Promise<T>;
  /** The processes that the workers run syncs in. */
  childPids(): Promise<number[]>;
  /** Why the attempt of a sync that is on ended, as soon as it has; null when it succeeded. */
  attemptEnd(syncId: number): Promise<{ readonly message: string } | null>;
  /** Rows of the warehouse. */
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  close(): Promise<void>;
}

/** Starts the service, signs in, and keeps all that is opened to close it at the end. */
export async function openWorld(
  env: Record<string, string> = {},
  options: Pick<Parameters<typeof startWeir>[0] & object, 'within' | 'keepData'> = {},
): Promise<World> {
  const weir = await startWeir({ env: { WEIR_CONCURRENCY: CONCURRENCY, ...env }, ...options });
  const client = await signedIn(weir);
  const servers: ScriptedServer[] = [];
  const warehouse = new pg.Pool({ connectionString: weir.databaseUrl, max: 4 });
  warehouse.on('error', () => undefined);
  let connections = 0;
  const hurried = async <T>(work: Promise<T>, job: Job): Promise<T> => {
    let over = false;
    const done = work.finally(() => {
      over = true;
    });
    done.catch(() => undefined);
    while (!over) await warehouse.query(hurry(job));
    return done;
  };
  const start = ({ id }: Connected) =>
    client.post<{ syncId: number }>(`/connections/${id}/sync`).then(({ syncId }) => syncId);
  const end = (syncId: number) => hurried(client.syncEnd(syncId), { sync: syncId }) as Promise<Ended>;
  return {
    ...{ weir, start, end, hurried },
    client,
    async api(script) {
      const server = await scriptedServer(script);
      servers.push(server);
      return server;
    },
    async connect(manifest, api, options = {}) {
      const number = ++connections;
      const prefix = `f${number}_`;
      const { host, port } = api;
      // The streams of an API are known without asking it, and without a process of the service.
      const { config = {} } = options;
      const known = manifest.includes('FileStream') ? {} : { streams: await discovered(manifest, config) };
      const names = { name: `fault ${number}`, prefix };
      const id = await client.connect(manifest, { host, port }, { ...names, ...known, ...options });
      return { id, prefix };
    },
    async another({ id }) {
      const { source, destination, streams, schedule } = await client.get<ConnectionShown>(`/connections/${id}`);
      const number = ++connections;
      const prefix = `f${number}_`;
      const parts = { sourceId: source.id, destinationId: destination.id };
      const connection = { name: `fault ${number}`, prefix, ...parts, streams, schedule };
      return { id: (await client.post<{ id: string }>('/connections', connection)).id, prefix };
    },
    async change({ id }, manifest) {
      const { source } = await client.get<ConnectionShown>(`/connections/${id}`);
      const { connectorId } = source;
      const { versions } = await client.get<{ versions: { version: number }[] }>(`/connectors/${connectorId}`);
      const basedOn = Math.max(...versions.map(({ version }) => version));
      await client.post(`/connectors/${connectorId}/versions`, { manifest, basedOn });
    },
    async syncOf(connection) {
      const syncId = await start(connection);
      return { syncId, ended: await end(syncId) };
    },
    sync: async (connection) => end(await start(connection)),
    childPids: async () => {
      const workers = await weir.workerPids();
      return workers.flatMap((pid) =>
        readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
      );
    },
    attemptEnd: async (syncId) =>
      (await client.syncWhen(syncId, ({ status }) => status !== 'pending' && status !== 'running'))?.failure ?? null,
    query: async <Row extends pg.QueryResultRow>(text: string) => (await warehouse.query<Row>(text)).rows,
    async close() {
      await warehouse.end();
      await weir.stop();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** Syncs that a world runs at once: most of them wait. */
const CONCURRENCY = '8';

/** Attempts of one sync, or deliveries of alerts. */
type Job = { readonly sync: number } | 'deliver';

/** Jobs that wait until they are tried again are due now. It takes a moment, for who asks again and again. */
function hurry(job: Job): string {
  const which = job === 'deliver' ? `name = 'deliver'` : `name = 'sync' and data->>'syncId' = '${job.sync}'`;
  return `update pgboss.job set start_after = now() where ${which} and state in ('created', 'retry') and start_after > now();
    select pg_sleep(0.3)`;
}

/** A promise and what settles it. */
export function gate(): { held: Promise<void>; open: () => void } {
  const { promise: held, resolve: open } = Promise.withResolvers<void>();
  return { held, open };
}

function discovered(manifest: string, config: object) {
  return streamsOver(() => ({}), manifest, { config: config as JsonObject }).discover();
}

interface StreamOptions {
  readonly name: string;
  readonly path?: string;
  /** YAML of more fields of the requester, each line without indent. */
  readonly requester?: string;
  /** YAML of the paginator; page numbers of `pageSize` when absent, none when null. */
  readonly paginator?: string | null;
  readonly pageSize?: number;
  /** YAML of more fields of the stream. */
  readonly more?: string;
  readonly recordPath?: string;
}

/** A manifest of streams that differ from the usual only in what a fault is about. Back-offs are short, so that tries are quick. */
export function manifestOf(api: ScriptedServer, ...streams: readonly StreamOptions[]): string {
  return `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [${streams[0]?.name ?? ''}] }
streams:
${streams.map((stream) => indented(streamYaml(api, stream), 2)).join('\n')}
`;
}

function streamYaml(api: ScriptedServer, stream: StreamOptions): string {
  const {
    name,
    path = `/${name}`,
    requester = QUICK,
    paginator,
    pageSize = 3,
    more = '',
    recordPath = 'data',
  } = stream;
  const pages = paginator === undefined ? pageNumbers(pageSize) : paginator;
  return `- type: DeclarativeStream
  name: ${name}
  primary_key: [id]
${indented(more, 2)}
  retriever:
    type: SimpleRetriever
    requester:
      type: HttpRequester
      url_base: ${api.url}
      path: ${path}
${indented(requester, 6)}
    record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [${recordPath}] } }
${pages === null ? '' : indented(pages, 4)}`;
}

/** Three tries, a twentieth of a second apart. */
export const QUICK = `error_handler:
  type: DefaultErrorHandler
  max_retries: 2
  backoff_strategies: [{ type: ConstantBackoffStrategy, backoff_time_in_seconds: 0.05 }]`;

function pageNumbers(size: number): string {
  return `paginator:
  type: DefaultPaginator
  page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
  pagination_strategy: { type: PageIncrement, page_size: ${size}, start_from_page: 1, inject_on_first_request: true }`;
}

function indented(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : ' '.repeat(by) + line))
    .join('\n');
}

/** Rows `from` to `to` as a page. */
export function page(from: number, to: number): { data: { id: number; name: string }[] } {
  return {
    data: Array.from({ length: to - from + 1 }, (_, index) => ({ id: from + index, name: `row ${from + index}` })),
  };
}

/** Whether there is still a process of that number. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
