import { expect, test } from 'vitest';
import { fakeSource, stream } from './fixtures/fake-source.ts';
import { ordered } from './order.ts';

const connection = {
  source: fakeSource({}),
  streams: ['users', 'orders'].map((name) => stream(name, 'incremental', 'append')),
};
const only = (...names: string[]) => names.map((name) => ({ name, namespace: '' }));
const names = ({ streams }: typeof connection) => streams.map(({ configured }) => configured.stream.name);

test('a sync runs the streams that it was asked for', () => {
  expect(names(ordered(connection, { kind: 'sync', onlyStreams: null }, []))).toEqual(['users', 'orders']);
  expect(names(ordered(connection, { kind: 'sync', onlyStreams: only('orders') }, []))).toEqual(['orders']);
});

test.each(['sync', 'clear'] as const)('a %s of a stream that has left the connection is no success', (kind) => {
  const run = () => ordered(connection, { kind, onlyStreams: only('users', 'gone') }, []);
  expect(run).toThrow(expect.objectContaining({ code: 'stream_not_found', kind: 'config' }));
});
