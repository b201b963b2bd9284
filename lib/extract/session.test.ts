import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/json.ts';
import type { ConfigChange } from '#lib/manifest/kind.ts';
import { Session, withValue } from './session.ts';

describe('one value of a config', () => {
  const config = { token: 'old', login: { user: 'ann' } };

  test('is replaced, or made with what is on the way to it', () => {
    expect(withValue(config, ['login', 'user'], 'bob')).toEqual({ token: 'old', login: { user: 'bob' } });
    expect(withValue(config, ['deep', 'er'], 1)).toEqual({ ...config, deep: { er: 1 } });
    expect(config).toEqual({ token: 'old', login: { user: 'ann' } });
  });

  test('goes where it is undefined, and nothing is made for it', () => {
    expect(withValue(config, ['token'], undefined)).toEqual({ login: { user: 'ann' } });
    expect(withValue(config, ['login', 'user'], undefined)).toEqual({ token: 'old', login: {} });
    expect(withValue(config, ['deep', 'er'], undefined)).toEqual(config);
  });
});

describe('a session', () => {
  const session = (given: JsonObject) =>
    new Session(given, {
      migrate: ({ old, ...rest }) => (old === undefined ? rest : { ...rest, token: old }),
      prepare: (stored) => ({ region: 'eu', ...stored }),
    });
  const stored = async (of: Session) => {
    const calls: [JsonObject, readonly ConfigChange[]][] = [];
    await of.storeMigrated(async (config, changes) => void calls.push([config, changes]));
    return calls;
  };

  test('gives what migrations changed to be stored, once', async () => {
    const migrated = session({ old: 'abc', keep: 1 });
    const changes = [
      { path: ['old'], value: undefined },
      { path: ['token'], value: 'abc' },
    ];
    expect(await stored(migrated)).toEqual([[{ keep: 1, token: 'abc' }, changes]]);
    expect(await stored(migrated)).toEqual([]);
    expect(await stored(session({ token: 'abc' }))).toEqual([]);
  });

  test('changes the stored config, never with what a run adds to it', () => {
    const opened = session({ token: 'abc' });
    expect(opened.config).toEqual({ region: 'eu', token: 'abc' });
    expect(opened.change([{ path: ['token'], value: 'new' }])).toEqual({ token: 'new' });
    expect(opened.config).toEqual({ region: 'eu', token: 'new' });
  });
});
