import { expect, onTestFinished, test } from 'vitest';
import type { DestinationSyncMode } from '#lib/catalog.ts';
import { faultProxy } from '#tests/harness/fault-proxy.ts';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { makeBucket } from './fixtures/bucket.ts';

// An attempt stands still in the middle of a publish, a newer one takes over, and the older one wakes up.

const FOLDER = 'airbyte-data/customers/';
/** Names by which the file of another attempt would get the same key. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: as users write it
const PLAIN = { s3_path_format: '${STREAM_NAME}/', format: { format_type: 'JSONL' } };

async function lake(mode: DestinationSyncMode) {
  const bucket = await makeBucket();
  const target = customers(mode);
  const way = await faultProxy({ host: '127.0.0.1', port: Number(new URL(String(bucket.config.s3_endpoint)).port) });
  onTestFinished(() => way.close());
  const begin = async (fence: number, syncId: number, config = {}) => {
    const destination = bucket.open({ ...PLAIN, ...config });
    const run = await destination.begin(attemptOf(fence, syncId));
    return { destination, run, found: await run.published(target) };
  };
  const publish = async (fence: number, syncId: number, ids: readonly number[], config = {}) => {
    const { destination, run } = await begin(fence, syncId, config);
    try {
      const stage = await run.stage(target);
      await load(
        stage,
        ids.map((id) => customer(id)),
        { sync: syncId },
      );
      await stage.publish({ complete: true });
    } finally {
      await destination.close();
    }
  };
  /** It stands still where it sends this, until `goOn`, which gives how it ends. */
  const stuck = async (request: string, ids: readonly number[], nth = 1) => {
    const isStuck = way.breakAt(request, 'stall', nth);
    const ended = publish(2, 2, ids, { s3_endpoint: `http://${way.host}:${way.port}` }).catch(({ code }) => code);
    await isStuck;
    return () => {
      way.mend();
      return ended;
    };
  };
  const rows = () => bucket.query(FOLDER, `select id::int as id from read_json('$FOLDER/*') order by 1`);
  return { bucket, begin, publish, stuck, rows };
}

test.each(['append', 'overwrite'] as const)('%s: a commit that comes late does not count', async (mode) => {
  const { begin, publish, stuck, rows } = await lake(mode);
  await publish(1, 1, [1]);
  const goOn = await stuck('/commit-', [2]);
  // The newer attempt has looked where the stream stands, and then is lost itself.
  const newer = await begin(3, 2);
  await newer.run.stage(customers(mode));
  await newer.destination.close();
  expect(await goOn()).toBe('fenced');
  expect(await rows()).toEqual([{ id: 1 }]);
  // Whoever comes next finds the state that goes with these rows.
  const next = await begin(4, 3);
  await next.destination.close();
  expect(next.found).toMatchObject({ state: { sync: 1 }, completed: null });
  await publish(5, 3, [3]);
  expect(await rows()).toEqual(mode === 'append' ? [{ id: 1 }, { id: 3 }] : [{ id: 3 }]);
});

test('the first commit of a stream that comes late does not count', async () => {
  const { bucket, begin, publish, stuck, rows } = await lake('append');
  const goOn = await stuck('/commit-', [2]);
  const newer = await begin(3, 2);
  await newer.run.stage(customers('append'));
  await newer.destination.close();
  expect(await goOn()).toBe('fenced');
  const next = await begin(4, 3);
  await next.destination.close();
  expect(next.found).toMatchObject({ state: null, generation: 0, completed: null });
  await publish(5, 3, [3]);
  expect(await rows()).toEqual([{ id: 3 }]);
  expect(await bucket.keys('airbyte-data/')).toHaveLength(1);
});

test('a commit that came before the newer attempt looked counts, and is not made again', async () => {
  const { begin, stuck, rows, publish } = await lake('append');
  await publish(1, 1, [1]);
  const goOn = await stuck('pending-000000000002-000000000001.json', [2], 2);
  const newer = await begin(3, 2);
  expect(newer.found).toMatchObject({ state: { sync: 2 }, completed: { published: { inserted: 1 } } });
  await newer.destination.close();
  await goOn();
  expect(await rows()).toEqual([{ id: 1 }, { id: 2 }]);
});

test('an upload that comes late is written over nothing, and taken away again', async () => {
  const { bucket, publish, stuck, rows } = await lake('append');
  const goOn = await stuck(`PUT /${bucket.name}/${FOLDER}`, [2]);
  // It takes up what the older one had staged.
  await publish(3, 2, [3]);
  const committed = await bucket.keys(FOLDER);
  expect(await goOn()).toBe('fenced');
  expect(await bucket.keys(FOLDER)).toEqual(committed);
  await publish(4, 3, [4]);
  expect(await rows()).toEqual([{ id: 2 }, { id: 3 }, { id: 4 }]);
  // Once nothing can come any more, nobody remembers it.
  bucket.setClock(new Date(Date.now() + 25 * 3_600_000));
  await publish(5, 4, [5]);
  expect((await (await bucket.store()).list('airbyte-data/_weir/')).filter((key) => key.includes('pending'))).toEqual(
    [],
  );
  expect(await rows()).toEqual([{ id: 2 }, { id: 3 }, { id: 4 }, { id: 5 }]);
});
