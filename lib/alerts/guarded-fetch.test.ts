import { expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import { httpProxy } from '#tests/harness/http-proxy.ts';
import { loopbackSlack } from '#tests/harness/loopback-slack.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { postToSlack } from './slack.ts';

/** In a network where no name resolves but at the proxy. */
async function guardBehind(options: Parameters<typeof httpProxy>[0] = {}) {
  const proxy = await httpProxy(options);
  const lookup = async (host: string) => {
    if (host === '127.0.0.1') return [{ address: host, family: 4 }];
    throw Object.assign(new Error('x'), { code: 'ENOTFOUND' });
  };
  return { proxy, guard: createGuard({ allowed: [], lookup, proxies: proxy.proxies() }) };
}

test('a message to Slack leaves by the proxy', async () => {
  const slack = await loopbackSlack();
  onTestFinished(() => slack.close());
  const { proxy, guard } = await guardBehind({ credentials: 'weir:s3cret' });
  const url = slack.webhookUrl.replace('127.0.0.1', 'hooks.example.org');
  expect(await postToSlack(url, { text: 'hello' }, guard)).toBeNull();
  expect(slack.messages).toMatchObject([{ text: 'hello' }]);
  expect(proxy.asked).toEqual([`hooks.example.org:${slack.port}`]);
});

test('what the proxy or the guard refuses is told as such, and not as Slack’s fault', async () => {
  const { proxy, guard } = await guardBehind({ refuse: () => 403 });
  expect(await postToSlack('https://hooks.slack.com/services/a', { text: 'x' }, guard)).toMatchObject({
    failure: { code: 'proxy_refused', message: expect.stringContaining(`127.0.0.1:${proxy.port} answered 403`) },
  });
  expect(await postToSlack('https://10.0.0.5/services/a', { text: 'x' }, guard)).toMatchObject({
    failure: { code: 'address_refused' },
  });
  expect(proxy.asked).toEqual(['hooks.slack.com:443']);
  const { fetch } = guardedFetch(guard);
  await expect(fetch('https://10.0.0.5/')).rejects.toMatchObject({ code: 'address_refused' });
});
