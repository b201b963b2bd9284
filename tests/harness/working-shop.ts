import { onTestFinished } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import { ADMIN, type ApiClient } from './api.ts';
import { goodOrders, type Order, ordersManifest, ordersStream } from './orders.ts';
import { scriptedServer } from './scripted-server.ts';
import { make } from './shop.ts';
import { type WorkingApi, workingApi } from './working-api.ts';

const V1 = '/api/weir/v1';
const OVER = ['succeeded', 'partial', 'failed', 'cancelled', 'skipped'];

/** How a run of checks ended, as its page shows it. */
export interface Ran {
  readonly run: { readonly id: number; readonly finishedAt: string | null; readonly bytesRead: number | null };
  readonly results: readonly {
    readonly key: string;
    readonly outcome: string;
    readonly message: string;
    readonly samples: readonly JsonObject[];
  }[];
}

export interface WorkingShop extends WorkingApi {
  readonly ada: ApiClient;
  readonly connectionId: string;
  readonly destinationId: string;
  /** What the shop answers from now on; a number is a status that it fails with. */
  give(next: Order[] | number): void;
  sync(): Promise<{ id: number; status: string; failure: { code: string } | null }>;
  suite(text: string, more?: object): Promise<string>;
  /** Presses the button, and waits. */
  run(suiteId: string): Promise<Ran>;
  /** What a path answers once it is so. */
  until<T>(path: string, isSo: (body: T) => boolean): Promise<T>;
}

/** A shop whose orders are appended to a destination, through the API of a service that does what it is asked. */
export async function workingShop(destination?: JsonObject): Promise<WorkingShop> {
  const api = await workingApi();
  const ada = api.client();
  await ada.send('POST', '/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password });
  let answer: Order[] | number = goodOrders(1, 100);
  const server = await scriptedServer({
    '*': () => (typeof answer === 'number' ? { status: answer, body: {} } : { body: { data: answer } }),
  });
  onTestFinished(() => server.close());
  const { host, port } = destination ? new URL(String(destination.s3_endpoint)) : api.warehouse;
  const hosts = [
    { host: server.host, port: server.port },
    { host: destination ? String(host).split(':')[0] : host, port: Number(port) },
  ];
  for (const each of hosts) await ada.send('POST', `${V1}/allowed-hosts`, { ...each, reason: 'test' });
  const manifest = ordersManifest(server.url);
  const connectorId = await make(ada, 'connectors', { name: 'Shop', manifest });
  await ada.send('POST', `${V1}/connectors/${connectorId}/versions`, { manifest, basedOn: null });
  const sourceId = await make(ada, 'sources', { name: 'Shop', connectorId, config: {} });
  const config = destination ?? api.warehouse;
  const type = destination ? 's3' : 'postgres';
  const destinationId = await make(ada, 'destinations', { name: 'Lake', type, config });
  const connection = { name: 'Shop to lake', sourceId, destinationId, streams: [ordersStream()] };
  const connectionId = await make(ada, 'connections', connection);
  const until: WorkingShop['until'] = async <T>(path: string, isSo: (body: T) => boolean) => {
    for (;;) {
      const { body } = await ada.get<T>(V1 + path);
      if (isSo(body)) return body;
      await api.query('select pg_sleep(0.05)');
    }
  };
  return {
    ...api,
    ...{ ada, connectionId, destinationId, until },
    give(next) {
      answer = next;
    },
    async sync() {
      const { body } = await ada.send<{ syncId: number }>('POST', `${V1}/connections/${connectionId}/sync`);
      return until(`/syncs/${body.syncId}`, ({ status }) => OVER.includes(status));
    },
    suite: (text, more = { connectionId }) =>
      make(ada, 'suites', { name: text.slice(0, 60), text, destinationId, ...more }),
    async run(suiteId) {
      const { body } = await ada.send<{ runId: number }>('POST', `${V1}/suites/${suiteId}/run`);
      return until<Ran>(
        `/suites/${suiteId}/results`,
        ({ run }) => run !== null && run.id >= body.runId && run.finishedAt !== null,
      );
    },
  };
}
