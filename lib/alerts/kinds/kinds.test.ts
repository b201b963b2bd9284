import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { createChannel, listChannels, testChannel, updateChannel } from '../channels.ts';
import { workspace } from '../fixtures/workspace.ts';

const SECRET = 'a-signing-secret-of-ours';
const FAILED = {
  status: 'failed',
  failure: { kind: 'config', code: 'http_401', message: '401 Unauthorized with token s3cret-token.' },
} as const;

describe('a webhook', () => {
  test('is told in JSON that its secret signs, and knows a message that is tried again', async () => {
    const { w, hook } = await withWebhook();
    hook.on('/hook', [{ status: 429, headers: { 'retry-after': '90' } }, { status: 503 }, { status: 204 }]);
    await w.syncFinished(FAILED);
    expect(await w.deliverAll()).toEqual([90, 30]);
    const [first, , last] = hook.requests;
    expect(last?.headers['weir-delivery']).toBe(first?.headers['weir-delivery']);
    const [, at, hex] = String(last?.headers['weir-signature']).match(/^t=(\d+),v1=([0-9a-f]{64})$/) ?? [];
    expect(hex).toBe(createHmac('sha256', SECRET).update(`${at}.${last?.body}`).digest('hex'));
    expect(JSON.parse(String(last?.body))).toMatchObject({
      event: 'sync_failed',
      state: 'failed',
      headline: 'Sync failed: shop_orders: 401 Unauthorized with token **********.',
      link: 'https://weir.example/jobs/1',
      connection: { id: w.connectionId, name: 'shop_orders' },
      sync: { id: 1 },
    });
  });

  test('that takes Airbyte’s form is told in it, success too where it asks', async () => {
    const { w, hook } = await withWebhook({ format: 'airbyte' }, ['sync_failed', 'sync_succeeded']);
    await w.syncFinished(FAILED);
    await w.syncFinished({ syncId: 2 });
    await w.deliverAll();
    const [failed, succeeded] = hook.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(failed).toMatchObject({
      text: expect.stringMatching(/^Sync failed: shop_orders/),
      data: {
        connection: { id: w.connectionId, name: 'shop_orders' },
        source: { name: expect.any(String) },
        jobId: 1,
        success: false,
        errorMessage: '401 Unauthorized with token **********.',
      },
    });
    expect(succeeded).toMatchObject({ data: { jobId: 2, success: true, errorMessage: null, recordsEmitted: 0 } });
  });

  test('keeps its address and secret sealed and masked, and the other fields in sight', async () => {
    const { w, id } = await withWebhook({ format: 'airbyte' });
    const hidden = { url: '**********', secret: '**********' };
    expect(await find(w, id)).toMatchObject({ type: 'webhook', config: { ...hidden, format: 'airbyte' } });
    expect(JSON.stringify(await w.database.query('select config from channel'))).not.toContain(SECRET);
    await updateChannel(w.c, w.workspaceId, id, { config: { ...hidden, format: 'weir' } });
    expect(await find(w, id)).toMatchObject({ config: { format: 'weir' } });
    expect(await testChannel(w.c, w.workspaceId, id)).toEqual({ ok: true, message: 'The webhook took the message.' });
  });

  test('follows no redirect, and says so', async () => {
    const { w, hook, id } = await withWebhook();
    hook.on('/hook', { status: 302, headers: { location: `${hook.url}/other` } });
    expect(await testChannel(w.c, w.workspaceId, id)).toEqual({
      ok: false,
      message: 'The webhook answered 302. Redirects are not followed: enter the address that they lead to.',
    });
    expect(hook.requests).toHaveLength(1);
  });

  test('in the local network is refused at its field until an administrator allows it', async () => {
    const w = await workspace();
    const config = { url: 'http://127.0.0.1:9/hook', secret: 'short', format: 'xml' };
    await expect(createChannel(w.c, w.workspaceId, { type: 'webhook', name: 'x', config })).rejects.toMatchObject({
      issues: [
        { path: 'config.url', message: expect.stringContaining('Settings → Network') },
        { path: 'config.secret' },
        { path: 'config.format' },
      ],
    });
  });
});

describe('mail', () => {
  test('reaches every recipient with the whole story in plain text', async () => {
    const { w, mails } = await withMail();
    await w.syncFinished(FAILED);
    expect(await w.deliverAll()).toEqual([]);
    expect(mails).toHaveLength(1);
    expect(mails[0]?.to).toEqual(['ada@shop.example', 'bob@shop.example']);
    const mail = mails[0]?.text.replace(/=\r\n/g, '');
    expect(mail).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(mail).toMatch(/^Subject: Sync failed: shop_orders: 401 Unauthorized/m);
    expect(mail).toContain('Open sync 1: https://weir.example/jobs/1');
    expect(mail).not.toContain('s3cret-token');
  });

  test('takes no headers from what it tells about', async () => {
    const { w, mails } = await withMail();
    await w.syncFinished({
      ...FAILED,
      failure: { ...FAILED.failure, message: 'x\r\nBcc: eve@evil.example\r\n\r\nhi' },
    });
    await w.deliverAll();
    expect(mails[0]?.to).toEqual(['ada@shop.example', 'bob@shop.example']);
    const head = mails[0]?.text.split('\r\n\r\n')[0];
    expect(head).not.toMatch(/^Bcc:/m);
  });

  test('that the server puts off is tried again; what it refuses for good is given up with its words', async () => {
    const codes = [451, 550];
    const { w, id } = await withMail({
      onMailFrom: (_from, _session, done) => done(Object.assign(new Error('not now'), { responseCode: codes.shift() })),
    });
    await w.syncFinished(FAILED);
    expect(await w.deliverAll()).toEqual([15]);
    const error = expect.stringMatching(/^The mail server refused the message: .*not now.* Check the sender/);
    expect(await find(w, id)).toMatchObject({ lastDelivery: { status: 'failed', error } });
  });

  test('goes over no connection whose certificate does not hold', async () => {
    const { w, id, mails } = await withMail({}, { security: 'starttls' });
    expect(await testChannel(w.c, w.workspaceId, id)).toEqual({
      ok: false,
      message: expect.stringContaining('could not be encrypted'),
    });
    expect(mails).toEqual([]);
  });

  test('is refused with all that is wrong at once', async () => {
    const w = await workspace();
    const config = { host: '', port: 0, security: 'none', username: 'ada', password: 'p', from: 'x', to: ['y'] };
    await expect(createChannel(w.c, w.workspaceId, { type: 'email', name: 'x', config })).rejects.toMatchObject({
      issues: ['host', 'port', 'password', 'from', 'to'].map((field) => ({ path: `config.${field}` })),
    });
  });
});

async function withWebhook(config: Record<string, string> = {}, events = ['sync_failed']) {
  const w = await workspace();
  const hook = await scriptedServer({ '/hook': { status: 204 } });
  onTestFinished(() => hook.close());
  await allow(w, hook);
  const { id } = await createChannel(w.c, w.workspaceId, {
    ...{ type: 'webhook', name: 'hook', events },
    config: { url: `${hook.url}/hook`, secret: SECRET, ...config },
  });
  return { w, hook, id };
}

async function withMail(options: Partial<SMTPServerOptions> = {}, config: Record<string, string> = {}) {
  const w = await workspace();
  const mails: { to: string[]; text: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onData: (stream, session, done) =>
      void text(stream).then((mail) => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: mail });
        done();
      }),
    ...options,
  });
  server.on('error', () => {});
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = listening.address() as AddressInfo;
  await allow(w, { host: '127.0.0.1', port });
  const { id } = await createChannel(w.c, w.workspaceId, {
    ...{ type: 'email', name: 'mail', events: ['sync_failed'] },
    config: {
      ...{ host: '127.0.0.1', port, security: 'none', from: 'weir@shop.example' },
      to: ['ada@shop.example', 'bob@shop.example'],
      ...config,
    },
  });
  return { w, mails, id };
}

type Workspace = Awaited<ReturnType<typeof workspace>>;

async function allow(w: Workspace, { host, port }: { host: string; port: number }): Promise<void> {
  await w.c.db.insertInto('allowed_host').values({ workspace_id: w.workspaceId, host, port }).execute();
}

async function find(w: Workspace, id: string) {
  return (await listChannels(w.c, w.workspaceId)).find((channel) => channel.id === id);
}
