import { request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testClock } from './harness/clock.ts';
import { type LoopbackSlackOptions, loopbackSlack } from './harness/loopback-slack.ts';
import { scriptedServer } from './harness/scripted-server.ts';

describe('the scripted server', () => {
  test('answers by path, a list in order with its last to stay, and keeps what it was asked', async () => {
    await using server = await scriptedServer({
      '/pages': [{ body: { page: 1 } }, { body: { page: 2 } }],
      '*': ({ query }, index) => ({ body: { name: query.get('name'), index } }),
    });
    const get = async (target: string) => (await fetch(server.url + target)).json();
    expect([await get('/pages'), await get('/pages'), await get('/pages')]).toEqual([
      { page: 1 },
      { page: 2 },
      { page: 2 },
    ]);
    expect(await get('/any?name=weir')).toEqual({ name: 'weir', index: 0 });
    server.on('/pages', { status: 204 });
    expect((await fetch(`${server.url}/pages`)).status).toBe(204);
    expect(server.requests.map(({ target }) => target)).toContain('/any?name=weir');
  });

  test('waits by signal, and reads bodies in chunks', async () => {
    const go = Promise.withResolvers<void>();
    await using server = await scriptedServer([{ hold: go.promise, body: 'done' }]);
    const posted = new Promise((resolve) => {
      const post = request(server.url, { method: 'POST' }, (response) => resolve(response.statusCode));
      post.write('{"a":');
      post.end('1}');
    });
    await server.waitForRequests(1);
    expect(server.requests[0]?.json()).toEqual({ a: 1 });
    go.resolve();
    expect(await posted).toBe(200);
  });
});

describe('the loopback Slack', () => {
  const start = async (options?: LoopbackSlackOptions) => {
    const slack = await loopbackSlack(options);
    onTestFinished(() => slack.close());
    const post = async (message: unknown) => {
      const response = await fetch(slack.webhookUrl, { method: 'POST', body: JSON.stringify(message) });
      return [response.status, await response.text()];
    };
    return { slack, post };
  };
  const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

  test('takes a message and keeps it', async () => {
    const { slack, post } = await start();
    expect(await post({ text: 'A sync failed', blocks: [section('*orders* failed'), { type: 'divider' }] })).toEqual([
      200,
      'ok',
    ]);
    expect(slack.texts()).toEqual(['A sync failed\n*orders* failed']);
  });

  test.each([
    ['nothing to say', {}, 'no_text'],
    ['no JSON object', ['text'], 'invalid_payload'],
    ['more than 50 blocks', { blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) }, 'invalid_blocks'],
    ['more than 3,000 characters', { blocks: [section('x'.repeat(3_001))] }, 'invalid_blocks'],
    ['an empty text', { blocks: [section('')] }, 'invalid_blocks'],
    [
      'a long header',
      { blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
      'invalid_blocks',
    ],
    ['an unknown block', { blocks: [{ type: 'marquee' }] }, 'invalid_blocks'],
    ['blocks within an attachment', { attachments: [{ blocks: [section('')] }] }, 'invalid_blocks'],
  ])('refuses %s with Slack’s own word', async (_, message, word) => {
    const { post } = await start();
    expect(await post(message)).toEqual([400, word]);
  });

  test('slows down who sends too much, and can be out of order', async () => {
    const { clock, move } = testClock();
    const { slack, post } = await start({ burst: 2, windowS: 30, clock });
    slack.failNext({ status: 503, body: 'upstream' });
    expect(await post({ text: 'one' })).toEqual([503, 'upstream']);
    await post({ text: 'one' });
    move(10_000);
    await post({ text: 'two' });
    const limited = await fetch(slack.webhookUrl, { method: 'POST', body: '{"text":"three"}' });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '20']);
    move(20_000);
    expect(await post({ text: 'three' })).toEqual([200, 'ok']);
    expect(slack.messages).toHaveLength(3);
  });
});
