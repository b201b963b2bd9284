import { expect, onTestFinished, test } from 'vitest';
import type { DelimitedFile } from '#lib/delimited-file.ts';
import type { JsonObject } from '#lib/json.ts';
import { faultProxy } from '#tests/harness/fault-proxy.ts';
import { NO_COUNTS } from '../destination.ts';
import { attemptOf, customers } from '../fixtures/customers.ts';
import { type Bucket, makeBucket } from './fixtures/bucket.ts';
import { largeFile, ROWS, SAME_NAME } from './fixtures/large-file.ts';

// Files that are large enough to go up while they are written.

const FOLDER = 'airbyte-data/customers/';
/** Requests as the SDK spells them. */
const FIRST_PART = 'partNumber=1&';
const ABORT = 'x-id=AbortMultipartUpload';
const BEGIN = '?uploads';

/** Announcements of what was not published. */
async function pendingIn(bucket: Bucket): Promise<string[]> {
  return (await (await bucket.store()).list('')).filter((key) => key.includes('/pending-'));
}

async function lake(more: JsonObject = {}, signal?: AbortSignal) {
  const bucket = await makeBucket();
  const way = await faultProxy({ host: '127.0.0.1', port: Number(new URL(String(bucket.config.s3_endpoint)).port) });
  onTestFinished(() => way.close());
  const destination = bucket.open({ s3_endpoint: `http://${way.host}:${way.port}`, ...more }, signal);
  const stage = await (await destination.begin(attemptOf(1))).stage(customers('append'));
  const take = (file: DelimitedFile) => stage.writeFile?.({ slice: 'f', file, onProgress: () => undefined });
  const publish = async (written: number) => {
    await stage.checkpoint({ state: { at: 1 }, openSlices: [], counts: { ...NO_COUNTS, read: written, written } });
    await stage.publish({ complete: true });
  };
  const rows = (folder = FOLDER) =>
    bucket.query(
      folder,
      `select count(*)::int as rows, count(distinct id)::int as ids, count(distinct _airbyte_raw_id)::int as raw,
         bool_and(${SAME_NAME}) as same
       from read_parquet('$FOLDER/**/*.parquet')`,
    );
  return { bucket, way, destination, stage, take, publish, rows };
}

const WHOLE = [{ rows: ROWS, ids: ROWS, raw: ROWS, same: true }];

test('its parts are sent before the publish, and it appears by the publish, as it was written', async () => {
  const { bucket, way, destination, take, publish, rows } = await lake();
  const sent = way.breakAt(FIRST_PART, 'cut before');
  expect(await take(await largeFile())).toEqual({ written: ROWS, quarantined: 0 });
  await sent;
  expect(await bucket.keys()).toEqual([]);
  await publish(ROWS);
  expect(await rows()).toEqual(WHOLE);
  await destination.close();
});

test('what could not be sent early is sent at the publish', async () => {
  const { way, destination, take, publish, rows } = await lake();
  const refused = way.breakAt(BEGIN, {
    answer: 'HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
  });
  await take(await largeFile());
  await refused;
  await publish(ROWS);
  expect(await rows()).toEqual(WHOLE);
  await destination.close();
});

test('nothing goes up early where other streams may write', async () => {
  const { bucket, destination, take, publish, rows } = await lake({ s3_path_format: 'all/' });
  await take(await largeFile());
  expect(await pendingIn(bucket)).toEqual([]);
  await publish(ROWS);
  expect(await rows('airbyte-data/all/')).toEqual(WHOLE);
  await destination.close();
});

test('a load that is ended while it is written leaves nothing', async () => {
  const ending = new AbortController();
  const { bucket, way, destination, take } = await lake({}, ending.signal);
  const sent = way.breakAt(FIRST_PART, 'stall');
  const taking = take(await largeFile());
  await sent;
  ending.abort(new Error('cancelled'));
  way.mend();
  // On a slow machine the file may have been written by then: its parts go all the same.
  const ended = await taking?.then(
    () => 'written',
    ({ message }) => message,
  );
  expect(['cancelled', 'written']).toContain(ended);
  await destination.close();
  expect(await bucket.keys()).toEqual([]);
  expect(await pendingIn(bucket)).toEqual([]);
});

test.each(['discard', 'close'] as const)('parts that were sent are taken back: %s', async (ending) => {
  const { bucket, way, destination, stage, take } = await lake();
  const aborted = way.breakAt(ABORT, 'cut after');
  await take(await largeFile());
  if (ending === 'discard') await stage.discard();
  await destination.close();
  await aborted;
  expect(await bucket.keys()).toEqual([]);
  expect(await pendingIn(bucket)).toEqual([]);
});

test('nothing of a file whose rows need a closer look is left of its first writing', async () => {
  const { bucket, destination, take, publish, rows } = await lake();
  expect(await take(await largeFile('x,y\n'))).toEqual({ written: ROWS + 1, quarantined: 0 });
  await publish(ROWS + 1);
  expect(await rows()).toEqual([{ rows: ROWS + 1, ids: ROWS, raw: ROWS + 1, same: true }]);
  expect(await bucket.keys()).toHaveLength(2);
  await destination.close();
  expect(await pendingIn(bucket)).toEqual([]);
});
