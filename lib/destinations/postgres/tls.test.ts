import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EmbeddedPostgres } from '#lib/db/embedded-postgres.ts';
import type { JsonObject } from '#lib/json.ts';
import { testDatabase } from '#tests/harness/database.ts';
import { configOf, testContext } from './fixtures/test-destination.ts';
import { certificate, startTlsServer } from './fixtures/tls-server.ts';
import { postgres } from './postgres.ts';

let server: EmbeddedPostgres;

beforeAll(async () => {
  server = await startTlsServer();
});
afterAll(() => server?.stop());

/** Whatever the server is called, it is at 127.0.0.1. */
function check(ssl_mode: JsonObject, host = 'localhost') {
  const context = { ...testContext(), guard: async () => ({ address: '127.0.0.1', family: 4 as const }) };
  const destination = postgres.open(context, { ...configOf(server.url), host, ssl_mode });
  return destination.check().finally(() => destination.close());
}

describe('a server that takes only TLS', () => {
  test.each(['allow', 'prefer', 'require'])('%s connects, whoever signed its certificate', async (mode) => {
    expect(await check({ mode })).toMatchObject({ ok: true });
  });

  test('disable is refused, and the SSL mode is named as what to look at', async () => {
    await expect(check({ mode: 'disable' })).rejects.toMatchObject({
      kind: 'config',
      code: 'login_refused',
      hint: expect.stringContaining('SSL mode'),
    });
  });

  test('verify-ca takes a certificate of the CA, for whatever host', async () => {
    const mode = { mode: 'verify-ca', ca_certificate: certificate('ca') };
    expect(await check(mode)).toMatchObject({ ok: true });
    expect(await check(mode, 'db.example.com')).toMatchObject({ ok: true });
  });

  test('verify-full takes it for the host that it names, be that an address', async () => {
    const mode = { mode: 'verify-full', ca_certificate: certificate('ca') };
    expect(await check(mode)).toMatchObject({ ok: true });
    expect(await check(mode, '127.0.0.1')).toMatchObject({ ok: true });
  });

  test('verify-full refuses another host, and names both', async () => {
    const refused = check({ mode: 'verify-full', ca_certificate: certificate('ca') }, 'db.example.com');
    await expect(refused).rejects.toMatchObject({
      kind: 'config',
      code: 'tls_wrong_host',
      message: expect.stringMatching(/db\.example\.com.*DNS:localhost/),
      hint: expect.stringContaining('verify-ca'),
    });
  });

  test.each(['verify-ca', 'verify-full'])('%s refuses a certificate that the CA did not sign', async (mode) => {
    await expect(check({ mode, ca_certificate: certificate('other-ca') })).rejects.toMatchObject({
      kind: 'config',
      code: 'tls_wrong_ca',
      hint: expect.stringContaining('CA'),
    });
  });

  test('what is no certificate is refused before anything is connected to', () => {
    const config = { ...configOf(server.url), ssl_mode: { mode: 'verify-ca', ca_certificate: 'garbage' } };
    expect(() => postgres.open(testContext(), config)).toThrow(/CA certificate/);
  });
});

test('a server without TLS is told from a refused certificate', async () => {
  const { url } = await testDatabase();
  const destination = postgres.open(testContext(), { ...configOf(url), ssl_mode: { mode: 'require' } });
  await expect(destination.check()).rejects.toMatchObject({ kind: 'config', code: 'tls_unsupported' });
  await destination.close();
});
