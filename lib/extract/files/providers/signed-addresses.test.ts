import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { toFailure } from '#lib/errors.ts';
import { type Script, scriptedServer } from '#tests/harness/scripted-server.ts';
import type { FileStreamOptions } from '../file-options.ts';
import { context, read, request } from '../fixtures/reading.ts';

const csv = (id: number) => `id\n${id}\n`;
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

async function served(script: Script) {
  const server = await scriptedServer(script);
  onTestFinished(() => server.close());
  const options = (path: FileStreamOptions['path']): FileStreamOptions => ({
    ...{ name: 'files', format: { type: 'csv' }, provider: { type: 'https' } },
    path: [path].flat().map((one) => one.replace('http://', `http://user:s3cret@`)),
  });
  const given = context(server.port);
  return {
    server,
    read: (path: string | string[], state: unknown = null) =>
      read(given, options(path), request('incremental', { state: state as never })),
  };
}
const ids = ({ records }: { records: readonly { id?: unknown }[] }) => records.map(({ id }) => id);

test('a file is called by its address without what signs it, and stays known when that changes', async () => {
  const { server, read: reads } = await served({ '/rows.csv': { body: csv(1), headers: { etag: '"1"' } } });
  const first = await reads(`${server.url}/rows.csv?sig=s3cret#top`);
  expect(ids(first)).toEqual([1]);
  expect(first.state).toEqual({ complete: true, files: { [`${server.url}/rows.csv`]: 'etag:"1"' } });
  expect(JSON.stringify(first)).not.toContain('s3cret');
  expect(server.requests[0]?.target).toContain('?sig=s3cret');
  const second = await reads(`${server.url}/rows.csv?sig=s3cret2`, first.state);
  expect(ids(second)).toEqual([]);
});

test('files that differ by their query alone are told apart, and read once whatever others there are', async () => {
  const { server, read: reads } = await served({ '/get': ({ query }) => ({ body: csv(Number(query.get('id'))) }) });
  const [one, two] = [1, 2].map((id) => `${server.url}/get?id=${id}&key=s3cret`) as [string, string];
  const alone = await reads(one);
  const both = await reads([one, two], alone.state);
  expect([ids(alone), ids(both)]).toEqual([[1], [2]]);
  expect(JSON.stringify([alone, both])).not.toContain('s3cret');
  expect(Object.keys(both.state?.files ?? {})).toHaveLength(2);
  const again = await reads([two], both.state);
  expect([ids(await reads([one, two], both.state)), ids(again)]).toEqual([[], []]);
  expect(again.state).toEqual({ complete: true, files: { [`${server.url}/get`]: `sha256:${hashOf(csv(2))}` } });
});

test('a state of before, whose keys are whole addresses, goes on and forgets them', async () => {
  const { server, read: reads } = await served({ '/rows.csv': { body: csv(1) } });
  const address = `${server.url}/rows.csv?sig=s3cret`;
  const files = { [address.replace('http://', 'http://user:s3cret@')]: `sha256:${hashOf(csv(1))}` };
  const { records, state } = await reads(address, { complete: true, files });
  expect(records).toEqual([]);
  expect(state).toEqual({ complete: true, files: { [`${server.url}/rows.csv`]: `sha256:${hashOf(csv(1))}` } });
});

test.each([
  ['is refused', { status: 403 }],
  ['is not there', { status: 404 }],
  ['breaks off', { body: csv(1), cutAfter: 3 }],
  ['is a page', { body: '<html><title>Sign in</title>' }],
  ['leads away', { status: 302, headers: { location: 'http://169.254.169.254/?sig=s3cret' } }],
  ['is no table', { body: 'id,name\n1\n' }],
])('an error names it without them: %s', async (_name, answer) => {
  const { server, read: reads } = await served({ '/rows.csv': answer });
  const failure = toFailure(await reads(`${server.url}/rows.csv?sig=s3cret`).catch((error: unknown) => error));
  expect(failure.message).toContain(`${server.url}/rows.csv: `);
  expect(JSON.stringify(failure)).not.toContain('s3cret');
});

test('so does one of an address that is none', async () => {
  const { read: reads } = await served({});
  const failure = toFailure(await reads('http://:9:/rows.csv?sig=s3cret').catch((error: unknown) => error));
  expect(failure.kind).toBe('config');
  expect(JSON.stringify(failure)).not.toContain('s3cret');
});
