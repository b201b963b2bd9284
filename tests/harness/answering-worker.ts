import type { Queue } from '#lib/jobs/queue.ts';
import { runProbe } from '#lib/sync/run-probe.ts';
import { type TestApi, testApi } from './api.ts';

/** The API, and a worker that answers each question as soon as it is asked. */
export async function withWorker(): Promise<TestApi> {
  let api: TestApi | null = null;
  const answer = async (probeId: string) => {
    // The question is there once its transaction has ended.
    while (api && (await api.query('select 1 from probe where id = $1', [probeId])).length === 0);
    if (api) await runProbe(api.context, probeId, new AbortController().signal);
  };
  const queue = {
    send: async (_name: string, data: { probeId: string }) => void answer(data.probeId),
    work: async () => undefined,
    stop: async () => undefined,
  } as unknown as Queue;
  api = await testApi({}, { queue: () => queue });
  return api;
}
