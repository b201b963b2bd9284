import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createApiKey } from '#lib/access/api-keys.ts';
import { testApi } from '#tests/harness/api.ts';
import { apiListener } from './listen.ts';

const V1 = '/api/weir/v1';

test.each([{}, { 'idempotency-key': 'one' }])(
  'a body that is too large is answered once it is sent, and the next request as ever (%j)',
  async (more) => {
    const api = await testApi();
    await api.admin();
    const [{ id } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
    const { secret } = await createApiKey(api.context, id, { name: 'ci', role: 'admin' });
    const server = createServer(apiListener(api.api));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => server.closeAllConnections());
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...more };
    const post = (body: string) =>
      new Promise<{ status: number; said: string }>((resolve, reject) => {
        const request = ask(
          { port, host: '127.0.0.1', method: 'POST', path: `${V1}/connections`, headers },
          (answer) => {
            text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, said }), reject);
          },
        );
        request.once('error', reject);
        request.end(body);
      });
    expect(await post(JSON.stringify({ name: 'x'.repeat(9_000_000) }))).toMatchObject({
      status: 413,
      said: expect.stringContaining('too_large'),
    });
    expect(await post('{}')).toMatchObject({ status: 422 });
  },
);

test('a body that breaks off ends its own request, and nothing else', async () => {
  const api = await testApi();
  await api.admin();
  const [{ id } = { id: '' }] = await api.query<{ id: string }>('select id from workspace');
  const { secret } = await createApiKey(api.context, id, { name: 'ci', role: 'admin' });
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(Buffer.from('{"name":')),
    pull: (stream) => stream.error(new Error('the client is gone')),
  });
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'idempotency-key': 'one' };
  const sent = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
  const request = new Request(`http://localhost${V1}/connections`, sent);
  // A rejection that nobody handles would fail this test, and end the service.
  expect((await api.api.fetch(request)).status).toBeGreaterThanOrEqual(400);
});
