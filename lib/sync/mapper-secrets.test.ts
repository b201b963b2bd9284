import { expect, test } from 'vitest';
import { getConnection, updateConnection } from '#lib/connections/connections.ts';
import { fullConnections } from '#lib/connections/full-lists.ts';
import { openMappers } from '#lib/connections/mapper-secrets.ts';
import { MASK } from '#lib/secrets.ts';
import { stream } from './fixtures/fake-source.ts';
import { testService } from './fixtures/service.ts';

const KEY = '2b7e151628aed2a6abf7158809cf4f3c';

test('a key that encrypts a field is sealed where it lies, masked in answers, and kept when it comes back masked', async () => {
  const service = await testService();
  const { workspaceId, connectionId, query, secrets } = service;
  const { configured } = stream('orders', 'full_refresh', 'append');
  const encrypting = (key: string, fieldNameSuffix: string) => ({
    ...configured,
    mappers: [
      {
        type: 'encryption',
        mapperConfiguration: {
          ...{ algorithm: 'AES', mode: 'CBC', padding: 'PKCS5Padding', targetField: 'email', fieldNameSuffix, key },
        },
      },
    ],
  });
  const keyOf = (streams: readonly (typeof configured)[]) => streams[0]?.mappers?.[0]?.mapperConfiguration.key;
  await updateConnection(service, workspaceId, connectionId, { streams: [encrypting(KEY, '')] });
  const { streams } = await getConnection(service, workspaceId, connectionId);
  expect(keyOf(streams)).toBe(MASK);
  await updateConnection(service, workspaceId, connectionId, { streams: [encrypting(MASK, '_encrypted')] });
  const [stored] = await query<{ configured: typeof configured }>('select configured from connection_stream');
  expect(JSON.stringify(stored)).not.toContain(KEY);
  expect(JSON.stringify(stored)).toContain('_encrypted');
  expect(keyOf(stored ? openMappers(secrets, workspaceId, [stored.configured]) : [])).toBe(KEY);
  const [full] = await fullConnections(service, workspaceId);
  expect(JSON.stringify(full)).not.toContain('$sealed');
  const other = {
    ...configured,
    mappers: encrypting(MASK, '').mappers,
    stream: { ...configured.stream, name: 'users' },
  };
  await expect(updateConnection(service, workspaceId, connectionId, { streams: [other] })).rejects.toMatchObject({
    issues: [{ message: 'key is hexadecimal, of 16, 24 or 32 bytes.' }],
  });
});
