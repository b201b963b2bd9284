import type { StreamDescriptor } from '#lib/catalog.ts';
import type { WeirServer } from './weir-server.ts';

export interface SignedIn {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  /** Connector, source, destination (the service's own database) and a connection of all streams; gives its id. */
  connect(manifest: string, api: { host: string; port: number }, options?: ConnectOptions): Promise<string>;
  /** The sync once it is over. */
  syncEnd(syncId: number): Promise<SyncShown>;
  /** The sync as soon as its page shows that it is so far; null when it ended without that. */
  syncWhen(syncId: number, isSoFar: (sync: SyncShown) => boolean): Promise<SyncShown | null>;
}

export interface SyncShown {
  readonly status: string;
  readonly attempts: number;
  readonly failure: { readonly message: string } | null;
}

export interface ConnectOptions {
  readonly config?: object;
  /** Of all that is made, `test` when absent. */
  readonly name?: string;
  /** Of the tables. */
  readonly prefix?: string;
  /** Of the source, where they are known without asking it. */
  readonly streams?: readonly StreamDescriptor[];
  /** Fields of the connection in place of the usual ones. */
  readonly connection?: object;
}

const PASSWORD = 'correct horse battery';
const OVER = ['succeeded', 'partial', 'failed', 'cancelled', 'skipped'];

/** Sets a fresh Weir up over its API and stays signed in. */
export async function signedIn(
  weir: Pick<WeirServer, 'url' | 'databaseUrl'>,
  options: { loadDemo?: boolean } = {},
): Promise<SignedIn> {
  const setUp = await fetch(`${weir.url}/api/weir/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: weir.url },
    body: JSON.stringify({
      name: 'Test',
      email: 'test@example.com',
      password: PASSWORD,
      workspaceName: 'Test',
      loadDemo: options.loadDemo ?? false,
    }),
  });
  if (!setUp.ok) throw new Error(`Set-up answered ${setUp.status}: ${await setUp.text()}`);
  const cookie = setUp.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${weir.url}/api/weir/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', origin: weir.url, cookie },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const get = <T>(path: string) => call<T>('GET', path);
  const post = <T>(path: string, body: unknown = {}) => call<T>('POST', path, body);
  const probe = async <T>(input: object): Promise<T> => {
    const { probeId } = await post<{ probeId: string }>('/probes', input);
    const answer = await fetch(`${weir.url}/api/weir/v1/probes/${probeId}/events`, { headers: { cookie } });
    const events = dataLines(await answer.text());
    const failure = events.find((event) => event.type === 'failure');
    if (failure) throw new Error(JSON.stringify(failure));
    return events.find((event) => event.type === 'result') as T;
  };
  return {
    get,
    post,
    patch: (path, body) => call('PATCH', path, body),
    async connect(
      manifest,
      api,
      { config = {}, name = 'test', prefix = '', streams: known, connection: more = {} } = {},
    ) {
      await post('/allowed-hosts', { ...api, reason: 'test' });
      const connector = await post<{ id: string }>('/connectors', { name, manifest });
      await post(`/connectors/${connector.id}/versions`, { manifest, basedOn: null });
      const source = await post<{ id: string }>('/sources', { name, connectorId: connector.id, config });
      const destination = await post<{ id: string }>('/destinations', { ...(await ownDatabase(weir, post)), name });
      const found = probe<{ streams: StreamDescriptor[] }>;
      const streams = known ?? (await found({ kind: 'discover', sourceId: source.id })).streams;
      const connection = await post<{ id: string }>('/connections', {
        ...{ name, prefix, sourceId: source.id, destinationId: destination.id, schedule: { type: 'manual' } },
        streams: streams.map(bestMode),
        ...more,
      });
      return connection.id;
    },
    async syncWhen(syncId, isSoFar) {
      const { body } = await fetch(`${weir.url}/api/weir/v1/syncs/${syncId}/events`, { headers: { cookie } });
      let text = '';
      for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const blocks = (text + piece).split('\n\n');
        text = blocks.pop() ?? '';
        const shown = blocks.filter((block) => /^event: progress$/m.test(block)).flatMap(dataLines) as unknown[];
        const found = (shown as SyncShown[]).find(isSoFar);
        if (found) return found;
      }
      return null;
    },
    async syncEnd(syncId) {
      const answer = await fetch(`${weir.url}/api/weir/v1/syncs/${syncId}/events`, { headers: { cookie } });
      // The stream of events ends when the sync does.
      await answer.text();
      const sync = await get<{ status: string; attempts: number; failure: { message: string } | null }>(
        `/syncs/${syncId}`,
      );
      if (!OVER.includes(sync.status)) throw new Error(`Sync ${syncId} is ${sync.status} at the end of its events.`);
      return sync;
    },
  };
}

/** Incrementally by key where the stream can, else all of it each time. */
function bestMode(stream: StreamDescriptor): object {
  const primaryKey = stream.sourceDefinedPrimaryKey;
  const cursorField = stream.defaultCursorField;
  if (stream.supportedSyncModes.includes('incremental') && primaryKey.length > 0)
    return { stream, syncMode: 'incremental', destinationSyncMode: 'append_dedup', cursorField, primaryKey };
  return { stream, syncMode: 'full_refresh', destinationSyncMode: 'overwrite', cursorField: [], primaryKey };
}

async function ownDatabase(weir: Pick<WeirServer, 'databaseUrl'>, post: SignedIn['post']): Promise<object> {
  const { hostname, port, username, password, pathname } = new URL(weir.databaseUrl);
  await post('/allowed-hosts', { host: hostname, port: Number(port), reason: 'test' });
  const config = {
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    username,
    password,
    schema: 'public',
  };
  return { name: 'warehouse', type: 'postgres', config };
}

function dataLines(text: string): { type: string }[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as { type: string });
}
