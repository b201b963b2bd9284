import pg from 'pg';
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

/** A running service with a warehouse, for faults to happen to. */
export interface World {
  readonly weir: WeirServer;
  readonly client: SignedIn;
  /** An API that misbehaves as it is told; the service may reach it. */
  api(script: Script): Promise<ScriptedServer>;
  /** A connection of all streams of a manifest into the warehouse; its tables have the prefix. */
  connect(manifest: string, api: ScriptedServer, options?: ConnectOptions): Promise<Connected>;
  sync(connection: Connected): Promise<Ended>;
  /** Why the attempt of a sync that is on ended, as soon as it has; null when it succeeded. */
  attemptEnd(syncId: number): Promise<{ readonly message: string } | null>;
  /** Rows of the warehouse. */
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  close(): Promise<void>;
}

/** Starts the service, signs in, and keeps all that is opened to close it at the end. */
export async function openWorld(env: Record<string, string> = {}): Promise<World> {
  const weir = await startWeir({ env });
  const client = await signedIn(weir);
  const servers: ScriptedServer[] = [];
  const warehouse = new pg.Pool({ connectionString: weir.databaseUrl, max: 4 });
  let connections = 0;
  return {
    weir,
    client,
    async api(script) {
      const server = await scriptedServer(script);
      servers.push(server);
      return server;
    },
    async connect(manifest, api, options = {}) {
      const prefix = `f${++connections}_`;
      const { host, port } = api;
      const id = await client.connect(manifest, { host, port }, { name: `fault ${connections}`, prefix, ...options });
      return { id, prefix };
    },
    async sync({ id }) {
      const { syncId } = await client.post<{ syncId: number }>(`/connections/${id}/sync`);
      return (await client.syncEnd(syncId)) as Ended;
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
