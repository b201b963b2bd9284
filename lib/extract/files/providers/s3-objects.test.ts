import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { toFailure, type WeirError } from '#lib/errors.ts';
import { type TestStore, testStore } from '#tests/harness/s3-store.ts';
import { type Answer, type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import { skewedStore } from '#tests/harness/skewed-store.ts';
import type { FileStreamOptions } from '../file-options.ts';
import { context, read, request, testFolder } from '../fixtures/reading.ts';
import { readFiles } from '../read-files.ts';
import { openProvider } from './index.ts';

type Content = string | Buffer;

/** A bucket with objects in it, and a stream that reads some of them. */
async function bucketOf(objects: Readonly<Record<string, Content>>, path: FileStreamOptions['path']) {
  const store = await testStore();
  const client = store.client();
  onTestFinished(async () => {
    client.destroy();
    await store.close();
  });
  const Bucket = store.bucket;
  const put = (Key: string, Body: Content) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
  for (const [key, body] of Object.entries(objects)) await put(key, body);
  const options = optionsOf(store, path);
  const given = context(store.port);
  return {
    ...{ store, put, options, given },
    remove: (Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key })),
    read: (...asked: Parameters<typeof request>) => read(given, options, request(...asked)),
  };
}

function optionsOf(
  {
    bucket,
    endpoint,
    accessKeyId,
    secretAccessKey,
  }: Pick<TestStore, 'bucket' | 'endpoint' | 'accessKeyId' | 'secretAccessKey'>,
  path: FileStreamOptions['path'],
): FileStreamOptions {
  const keys = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  return { name: 'files', provider: { type: 's3', bucket, endpoint, ...keys }, path, format: { type: 'csv' } };
}

/** A server that answers as S3 does, and misbehaves as its script says. */
async function scripted(script: Script, path = 'in/*.csv') {
  const server = await scriptedServer(script);
  onTestFinished(() => server.close());
  const options = optionsOf({ bucket: 'data', endpoint: server.url, accessKeyId: 'k', secretAccessKey: 's' }, path);
  const given = context(server.port);
  const all = (...asked: Parameters<typeof request>) => read(given, options, request(...asked));
  return {
    server,
    options,
    given,
    read: all,
    failure: () =>
      all().then(
        () => null,
        (error: WeirError) => error,
      ),
  };
}

const csv = (id: number) => `id\n${id}\n`;
const ids = (records: readonly { id?: unknown }[]) => records.map(({ id }) => id);

const xml = (body: string): Answer => ({
  body: `<?xml version="1.0"?>${body}`,
  headers: { 'content-type': 'application/xml' },
});
const listed = (keys: readonly string[], more = '<IsTruncated>false</IsTruncated>') =>
  xml(
    `<ListBucketResult>${more}${keys.map((key) => `<Contents><Key>${key}</Key><ETag>&quot;${key}&quot;</ETag><Size>5</Size></Contents>`).join('')}</ListBucketResult>`,
  );
const refusal = (status: number, code: string, more = ''): Answer => ({
  ...xml(`<Error><Code>${code}</Code><Message>no</Message>${more}</Error>`),
  status,
});

describe('keys', () => {
  const NAMES = [
    'a b',
    'ä ö',
    '日本',
    'plus+sign',
    '50%',
    'a&b=c',
    "it's (1)",
    '#1',
    'who?',
    '😀',
    '~x',
    'a,b;c',
    'quote"d',
  ];

  test('of any sign are listed and read, each once', async () => {
    const objects = Object.fromEntries(NAMES.map((name, index) => [`in/${name}.csv`, csv(index)]));
    const { read: all } = await bucketOf(objects, 'in/*.csv');
    const { records, slices } = await all();
    expect(ids(records).sort()).toEqual(NAMES.map((_, index) => index).sort());
    expect(slices.toSorted()).toEqual(NAMES.map((name) => `in/${name}.csv`).toSorted());
  });

  test('that stand for folders are none, and what two patterns mean comes once', async () => {
    const objects = { 'in/': '', 'in/sub/': '', 'in/1.csv': csv(1), 'in/sub/2.csv': csv(2), 'other/3.csv': csv(3) };
    const { read: all } = await bucketOf(objects, ['in/**', 'in/*.csv', 'in/sub/2.csv']);
    expect(ids((await all()).records)).toEqual([1, 2]);
  });

  test('come in pages, until the last', async () => {
    const names = Array.from({ length: 2_500 }, (_, index) => `in/${String(index).padStart(5, '0')}.csv`);
    const { read: all, server } = await scripted((asked) => {
      if (!asked.path.endsWith('/'))
        return { body: csv(Number(/(\d+)\.csv/.exec(asked.path)?.[1])), headers: { etag: `"${asked.path.slice(6)}"` } };
      const from = Number(asked.query.get('continuation-token') ?? 0);
      const more = from + 1000 < names.length;
      return listed(
        names.slice(from, from + 1000),
        `<IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${from + 1000}</NextContinuationToken>` : ''}`,
      );
    });
    const { records, state } = await all('incremental', { limits: { maxSlices: 3 } });
    expect(records).toHaveLength(3);
    expect(state).toMatchObject({ complete: false });
    expect(server.requests.filter(({ path }) => path.endsWith('/'))).toHaveLength(3);
  });

  test('whose list never gets on are refused', async () => {
    const same = listed(
      ['in/1.csv'],
      '<IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken>',
    );
    const { failure } = await scripted({ '/data/': same });
    expect(await failure()).toMatchObject({
      kind: 'terminal',
      code: 's3',
      message: expect.stringContaining('does not get on'),
    });
  });

  test.each(['in/a/../x.csv', 'in/./x.csv', '../x.csv'])(
    'that no address can name, %s, are told as that',
    async (key) => {
      const { failure, server } = await scripted([listed([key])], key);
      expect(await failure()).toMatchObject({ kind: 'config', code: 'unreadable_key', where: { file: key } });
      expect(server.requests).toHaveLength(1);
    },
  );

  test('that nothing fits are told, with what they have to look like', async () => {
    const { read: all } = await bucketOf({ 'in/1.csv': csv(1) }, '/in/*.csv');
    await expect(all()).rejects.toMatchObject({
      code: 'file_not_found',
      hint: expect.stringContaining('begin without a slash'),
    });
  });
});

describe('an incremental read', () => {
  test('takes each object once: new ones, and those whose content is another', async () => {
    const { read: all, put } = await bucketOf({ 'in/2.csv': csv(2) }, 'in/*.csv');
    const first = await all('incremental');
    expect(ids(first.records)).toEqual([2]);
    // The same second, a name that comes before, the same size: none of it matters.
    await put('in/1.csv', csv(1));
    await put('in/2.csv', csv(7));
    const second = await all('incremental', { state: first.state });
    expect(ids(second.records)).toEqual([1, 7]);
    await put('in/2.csv', csv(7));
    const third = await all('incremental', { state: second.state });
    expect(ids(third.records)).toEqual([]);
    expect(third.state).toEqual(second.state);
  });

  test('goes on behind the object at which one broke off', async () => {
    const {
      read: all,
      put,
      given,
      options,
    } = await bucketOf({ 'in/1.csv': csv(1), 'in/2.csv': 'id\n"2', 'in/3.csv': csv(3) }, 'in/*.csv');
    const closed: unknown[] = [];
    const broken = async () => {
      for await (const event of readFiles(given, options, request('incremental')))
        if (event.type === 'slice_closed') closed.push(event.state);
    };
    await expect(broken()).rejects.toMatchObject({ code: 'bad_row', where: { file: 'in/2.csv' } });
    await put('in/2.csv', csv(2));
    const rest = await all('incremental', { state: closed.at(-1) as never });
    expect(ids(rest.records)).toEqual([2, 3]);
  });

  test('reads on without what went away or came while it lists and reads', async () => {
    const {
      read: all,
      put,
      remove,
      given,
      options,
    } = await bucketOf({ 'in/1.csv': csv(1), 'in/2.csv': csv(2) }, 'in/*.csv');
    const broken = async () => {
      for await (const event of readFiles(given, options, request('incremental'))) {
        if (event.type !== 'slice_closed') continue;
        await remove('in/2.csv');
        await put('in/0.csv', csv(0));
      }
    };
    await expect(broken()).rejects.toMatchObject({
      kind: 'transient',
      code: 'file_changed',
      where: { file: 'in/2.csv' },
    });
    expect(ids((await all('incremental')).records)).toEqual([0, 1]);
  });
});

describe('a store that', () => {
  test.each([
    ['does not know the bucket', refusal(404, 'NoSuchBucket'), /no bucket data/, /endpoint/],
    ['does not know the key', refusal(403, 'InvalidAccessKeyId'), /does not know/, /access_key_id/],
    ['finds the secret wrong', refusal(403, 'SignatureDoesNotMatch'), /secret/, /secret_access_key/],
    ['denies access', refusal(403, 'AccessDenied'), /may not/, /s3:ListBucket/],
    ['has another clock', refusal(403, 'RequestTimeTooSkewed'), /clock/, /clock/],
    [
      'is in another region',
      refusal(400, 'AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>'),
      /region/,
      /region: eu-west-1/,
    ],
    [
      'lives elsewhere',
      { ...refusal(301, 'PermanentRedirect'), headers: { 'x-amz-bucket-region': 'eu-north-1' } },
      /region/,
      /region: eu-north-1/,
    ],
    ['has expired keys', refusal(400, 'ExpiredToken'), /expired/, /keys/],
    [
      'is none but a web page',
      { body: '<html><body>Welcome</body></html>', headers: { 'content-type': 'text/html' } },
      /not as S3/,
      /endpoint/,
    ],
    ['is none but another API', { body: { ok: true } }, /not as S3/, /endpoint/],
    ['is none, and says so', { status: 405, body: 'no' }, /./, /./],
  ])('%s is told as that', async (_, answer, message, hint) => {
    const { failure } = await scripted([answer as Answer]);
    const error = await failure();
    expect(error).toMatchObject({ kind: 'config' });
    expect(error?.message).toMatch(/^s3:\/\/data\/in\/: /);
    expect(error?.message).toMatch(message);
    expect(error?.hint).toMatch(hint);
  });

  test('is busy, or breaks off, is tried again, and nothing of it counts', async () => {
    const busy = await scripted({
      '/data/': [refusal(503, 'SlowDown'), listed(['in/1.csv'])],
      '/data/in/1.csv': { body: csv(1), headers: { etag: '"in/1.csv"' } },
    });
    expect(ids((await busy.read()).records)).toEqual([1]);
    const object = { body: csv(1), headers: { etag: '"in/1.csv"' } };
    const once = await scripted({
      '/data/': listed(['in/1.csv']),
      '/data/in/1.csv': [{ ...object, cutAfter: 4 }, object],
    });
    expect(ids((await once.read()).records)).toEqual([1]);
    const cut = await scripted({
      '/data/': listed(['in/1.csv']),
      '/data/in/1.csv': { body: csv(1), headers: { etag: '"in/1.csv"' }, cutAfter: 4 },
    });
    expect(await cut.failure()).toMatchObject({
      kind: 'transient',
      code: 'response_truncated',
      message: expect.stringMatching(/^in\/1\.csv: /),
    });
  });

  test('gave another version than it listed, or archived it, is told by the object', async () => {
    const other = await scripted({
      '/data/': listed(['in/1.csv']),
      '/data/in/1.csv': { body: csv(1), headers: { etag: '"other"' } },
    });
    expect(await other.failure()).toMatchObject({ kind: 'transient', code: 'file_changed' });
    const archived = await scripted({
      '/data/': listed(['in/1.csv']),
      '/data/in/1.csv': refusal(403, 'InvalidObjectState'),
    });
    expect(await archived.failure()).toMatchObject({
      kind: 'config',
      message: expect.stringMatching(/^in\/1\.csv: .*archive/),
    });
    const denied = await scripted({ '/data/': listed(['in/1.csv']), '/data/in/1.csv': refusal(403, 'AccessDenied') });
    expect(await denied.failure()).toMatchObject({ kind: 'config', hint: expect.stringContaining('s3:GetObject') });
  });

  test.each([-20, 20])('has a clock that is %i minutes off is read all the same', async (minutes) => {
    const folder = testFolder();
    await using store = await skewedStore(folder, minutes * 60_000);
    const client = store.client();
    await client.send(new PutObjectCommand({ Bucket: store.bucket, Key: 'in/1.csv', Body: csv(1) }));
    client.destroy();
    const first = await read(context(store.port), optionsOf(store, 'in/*.csv'), request('incremental'));
    expect(ids(first.records)).toEqual([1]);
    const again = request('incremental', { state: first.state });
    expect((await read(context(store.port), optionsOf(store, 'in/*.csv'), again)).records).toEqual([]);
  });

  test('calls a version weak that it gives as it is gives its objects all the same', async () => {
    const { read: all } = await scripted({
      '/data/': listed(['in/1.csv']),
      '/data/in/1.csv': { body: csv(1), headers: { etag: 'W/"in/1.csv"' } },
    });
    expect(ids((await all()).records)).toEqual([1]);
  });

  test('is not to blame for a disk that is full', async () => {
    const { given, options } = await scripted({
      '/data/': listed(['in/1.csv']),
      '/data/in/1.csv': { body: csv(1), headers: { etag: '"in/1.csv"' } },
    });
    const provider = openProvider(given, options);
    const [entry] = await provider.list();
    if (!entry) throw new Error('nothing is listed');
    const failure = await provider.fetch(entry, '/dev/full', null).catch(toFailure);
    expect(failure).toMatchObject({ code: 'disk_full' });
  });

  test('writes its tags without quotes in a list gives its objects all the same', async () => {
    const bare = xml(
      '<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>in/1.csv</Key><ETag>abc</ETag></Contents></ListBucketResult>',
    );
    const { read: all } = await scripted({
      '/data/': bare,
      '/data/in/1.csv': { body: csv(1), headers: { etag: '"abc"' } },
    });
    const first = await all('incremental');
    expect(ids(first.records)).toEqual([1]);
    expect(ids((await all('incremental', { state: first.state })).records)).toEqual([]);
  });
});
