import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { apiListener } from '#lib/api/listen.ts';
import { runChecksTask, runCommandTask, runProbeTask, runSyncTask } from '#lib/bin/tasks.ts';
import { createQueue } from '#lib/jobs/queue.ts';
import { createLog } from '#lib/log.ts';
import { ADMIN, type TestApi, testApi } from './api.ts';

export interface WorkingApi extends TestApi {
  /** Where it listens: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Settings of a Postgres destination: the test's own database. */
  readonly warehouse: {
    host: string;
    port: number;
    database: string;
    username: string;
    password: string;
    schema: string;
  };
}

/** The API on a port of its own with a worker in this process: what is asked for is done. Set up, with nobody signed in. */
export async function workingApi(
  variables: Record<string, string> = {},
  log = createLog('test', 'silent'),
): Promise<WorkingApi> {
  const test = await testApi(variables, {
    log,
    queue: (databaseUrl) => createQueue({ databaseUrl, log }),
  });
  const { context } = test;
  const stop = new AbortController();
  const options = { workerId: 'test', signal: stop.signal };
  await context.queue.work('probe', { concurrency: 2 }, ({ probeId }) =>
    runProbeTask(context, String(probeId), options),
  );
  await context.queue.work('sync', { concurrency: 2 }, ({ syncId }) => runSyncTask(context, Number(syncId), options));
  await context.queue.work('command', { concurrency: 1 }, ({ runId }) =>
    runCommandTask(context, Number(runId), stop.signal),
  );
  await context.queue.work('checks', { concurrency: 1 }, ({ runId }) => runChecksTask(context, Number(runId), options));
  const server = createServer(apiListener(test.api));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    stop.abort('shutdown');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await context.queue.stop();
  });
  await test.client().send('POST', '/api/weir/v1/setup', ADMIN);
  const { hostname, port, username, password, pathname } = new URL(test.url);
  return {
    ...test,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    warehouse: {
      ...{ host: hostname, port: Number(port), database: pathname.slice(1), username, password, schema: 'public' },
    },
  };
}
