import { expect, onTestFinished, test } from 'vitest';
import { faultProxy } from '#tests/harness/fault-proxy.ts';
import { attemptOf, customer, customers, load } from '../fixtures/customers.ts';
import { makeBucket } from './fixtures/bucket.ts';

const FOLDER = 'airbyte-data/customers/';
/** Names that say nothing of when. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: as users write it
const PLAIN = { s3_path_format: '${STREAM_NAME}/', format: { format_type: 'JSONL' } };

test('connections that write into one folder in the same moment write nothing over', async () => {
  const bucket = await makeBucket();
  const way = await faultProxy({ host: '127.0.0.1', port: Number(new URL(String(bucket.config.s3_endpoint)).port) });
  onTestFinished(() => way.close());
  const sync = async (connection: number, syncId: number, id: number, config = {}) => {
    const destination = bucket.open({ ...PLAIN, ...config });
    try {
      const connectionId = `c0ffee00-0000-4000-8000-00000000000${connection}`;
      const run = await destination.begin({ ...attemptOf(syncId, syncId), connectionId });
      const stage = await run.stage(customers('append'));
      await load(stage, [customer(id)], null);
      await stage.publish({ complete: true });
    } finally {
      await destination.close();
    }
  };
  // The first has chosen its name, and stands still before it uploads.
  const isStuck = way.breakAt(`PUT /${bucket.name}/${FOLDER}`, 'stall');
  const first = sync(1, 1, 1, { s3_endpoint: `http://${way.host}:${way.port}` });
  await isStuck;
  await sync(2, 2, 2);
  way.mend();
  await first;
  await sync(1, 3, 3);
  await sync(2, 4, 4);
  const rows = await bucket.query(FOLDER, `select id::int as id from read_json('$FOLDER/*') order by 1`);
  expect(rows.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  const names = (await bucket.keys(FOLDER)).map((key) => key.slice(FOLDER.length));
  expect(names).toContain('0.jsonl.gz');
  expect(names.filter((name) => /^\d-[0-9a-f]{8}\.jsonl\.gz$/.test(name))).toHaveLength(3);
});
