import { expect, onTestFinished, test } from 'vitest';
import { faultProxy } from '#tests/harness/fault-proxy.ts';
import { attemptOf, customers, load } from '../fixtures/customers.ts';
import { makeBucket } from './fixtures/bucket.ts';

// An attempt is lost right after its commit, and the next one has nothing to do but to say so.

test('what a full refresh put aside before is gone when its sync has ended', async () => {
  const bucket = await makeBucket();
  const target = customers('overwrite', { badValues: 'quarantine' });
  const misfit = { id: 1, name: 'c1', updated_at: 'never' };
  const way = await faultProxy({ host: '127.0.0.1', port: Number(new URL(String(bucket.config.s3_endpoint)).port) });
  onTestFinished(() => way.close());
  const publish = async (fence: number, config = {}) => {
    const destination = bucket.open(config);
    try {
      const stage = await (await destination.begin(attemptOf(fence, fence))).stage(target);
      await load(stage, [misfit], null);
      await stage.publish({ complete: true });
    } finally {
      await destination.close();
    }
  };
  await publish(1);
  const refused = 'HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
  void way.breakAt(`DELETE /${bucket.name}/airbyte-data/_weir/${attemptOf(1).connectionId}/quarantine/`, {
    answer: refused,
  });
  await expect(publish(2, { s3_endpoint: `http://${way.host}:${way.port}` })).rejects.toThrow();
  const destination = bucket.open();
  onTestFinished(() => destination.close());
  const { completed } = await (await destination.begin(attemptOf(3, 2))).published(target);
  expect(completed).toMatchObject({ counts: { quarantined: 1 } });
  const { connectionId } = attemptOf(1);
  expect(await destination.quarantine?.list({ connectionId, limit: 9 })).toMatchObject([{ syncId: 2 }]);
});
