import { expect, test } from 'vitest';
import { eventStream, type ServerEvent } from './event-stream.ts';

const ALWAYS = { isLetIn: async () => true };

test('gives what is new, as frames with their ids, and ends when it is over', async () => {
  const polls: ServerEvent[][] = [
    [{ event: 'log', data: { message: 'a\nb' }, id: 7 }],
    [],
    [{ event: 'done', data: {} }],
  ];
  const response = eventStream(
    new Request('http://x/'),
    async () => {
      const events = polls.shift() ?? [];
      return { events, done: polls.length === 0 };
    },
    ALWAYS,
  );
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(await response.text()).toBe(
    ': ready\n\nevent: log\nid: 7\ndata: {"message":"a\\nb"}\n\nevent: done\ndata: {}\n\n',
  );
});

test.each([
  ['the client hangs up', (client: AbortController) => client.abort()],
  ['the answer is cancelled', (_: AbortController, body: ReadableStreamDefaultReader) => void body.cancel()],
])('asks no further when %s', async (_, leave) => {
  const client = new AbortController();
  let polls = 0;
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const response = eventStream(
    new Request('http://x/', { signal: client.signal }),
    async () => {
      polls++;
      leave(client, body);
      resolve();
      return { events: [], done: false };
    },
    ALWAYS,
  );
  const body = response.body?.getReader() as ReadableStreamDefaultReader;
  while (!(await body.read()).done);
  await left;
  expect(polls).toBe(1);
});

test('a failing poll breaks the stream off, so that the client connects again', async () => {
  const response = eventStream(
    new Request('http://x/'),
    async () => {
      throw new Error('gone');
    },
    ALWAYS,
  );
  await expect(response.text()).rejects.toThrow('gone');
});

test('ends once its reader is let in no longer', async () => {
  let polls = 0;
  const poll = async () => ({ events: [{ event: 'overview', data: ++polls }], done: false });
  const response = eventStream(new Request('http://x/'), poll, {
    ...{ pollMs: 1, askWhoMs: 0 },
    isLetIn: async () => polls < 2,
  });
  expect(await response.text()).toBe(': ready\n\nevent: overview\ndata: 1\n\nevent: overview\ndata: 2\n\n');
});
