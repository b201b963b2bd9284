import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createGuard } from '#lib/address-guard.ts';
import type { JsonObject } from '#lib/json.ts';
import { type HttpProxy, httpProxy } from '#tests/harness/http-proxy.ts';
import { scriptedServer } from '#tests/harness/scripted-server.ts';
import { readS3Config } from './config.ts';
import { makeBucket } from './fixtures/bucket.ts';
import { openObjectStore } from './object-store.ts';

const FIXTURES = path.resolve(import.meta.dirname, '../../extract/http/fixtures');

/** A store of a bucket, in a network where no name resolves but at the proxy. */
async function storeThrough(proxy: HttpProxy, more: JsonObject) {
  const bucket = await makeBucket();
  const lookup = async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
  const guard = createGuard({
    allowed: [],
    lookup: (host) => (host === '127.0.0.1' ? lookupProxy() : lookup()),
    proxies: proxy.proxies(),
  });
  const { port } = new URL(String(bucket.config.s3_endpoint));
  const config = readS3Config({ ...bucket.config, s3_endpoint: `http://s3.amazonaws.com:${port}`, ...more });
  const store = await openObjectStore({ ...bucket.context, guard }, config);
  onTestFinished(() => store.close());
  return { store, port };
}

const lookupProxy = async () => [{ address: '127.0.0.1', family: 4 }];

test('a bucket is written and read through the proxy', async () => {
  const proxy = await httpProxy({ credentials: 'weir:s3cret' });
  const { store, port } = await storeThrough(proxy, {});
  await store.put('one/a.json', '{"id":1}');
  expect(await store.get('one/a.json')).toBe('{"id":1}');
  expect(await store.list('one/')).toEqual(['one/a.json']);
  expect(new Set(proxy.asked)).toEqual(new Set([`s3.amazonaws.com:${port}`]));
});

test('over TLS the certificate has to be the store’s; the proxy can’t stand in for it', async () => {
  const tls = {
    key: readFileSync(`${FIXTURES}/key.pem`, 'utf8'),
    cert: readFileSync(`${FIXTURES}/self-signed.pem`, 'utf8'),
  };
  const impostor = await scriptedServer([{ body: '' }], { tls });
  onTestFinished(() => impostor.close());
  const proxy = await httpProxy();
  const { store } = await storeThrough(proxy, { s3_endpoint: `https://minio.example.org:${impostor.port}` });
  await expect(store.get('a')).rejects.toThrow(/certificate/);
  expect(proxy.asked).toContain(`minio.example.org:${impostor.port}`);
  expect(impostor.requests).toEqual([]);
});

test('Amazon’s own names are asked of the proxy; an endpoint inside is not', async () => {
  const proxy = await httpProxy({ refuse: () => 403 });
  const { store } = await storeThrough(proxy, {
    s3_endpoint: '',
    s3_bucket_name: 'datalake',
    s3_bucket_region: 'eu-central-1',
  });
  await expect(store.get('a')).rejects.toThrow(/proxy 127\.0\.0\.1:\d+ answered 403/);
  expect(new Set(proxy.asked)).toEqual(new Set(['datalake.s3.eu-central-1.amazonaws.com:443']));
  await expect(storeThrough(proxy, { s3_endpoint: 'http://10.0.0.5:9000' })).rejects.toMatchObject({
    code: 'address_refused',
  });
  expect(proxy.asked).not.toContain('10.0.0.5:9000');
});
