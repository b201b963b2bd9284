import { readFileSync } from 'node:fs';
import path from 'node:path';
import { demoTokenOf } from '#lib/context.ts';
import { connectDatabase, type Db } from '#lib/db/connect.ts';
import { embeddedPlace, isEmbeddedRunning, startEmbeddedPostgres } from '#lib/db/embedded-postgres.ts';
import type { Env } from '#lib/env.ts';
import { WeirError } from '#lib/errors.ts';
import { forgetPreviousKey, replaceKey, secretKeys } from '#lib/secret-key.ts';
import type { SecretKeys } from '#lib/secrets.ts';
import { rotateSecrets, sealedWith } from './rotate-secrets.ts';

type Say = (line: string) => void;

/** `weir secrets status | rotate | forget`: where the key is in the data folder, `rotate` makes the new one itself. */
export async function secretsCommand(env: Env, action: string | undefined, say: Say): Promise<void> {
  const run = action === undefined ? undefined : ACTIONS[action];
  if (!run) throw refused('usage', 'weir secrets takes: status, rotate or forget.', 'weir --help lists the commands.');
  const { url, stop } = await databaseOf(env);
  const db = connectDatabase(url, { maxConnections: 1, name: 'weir secrets' });
  try {
    await run(env, db, say);
  } finally {
    await db.destroy();
    await stop();
  }
}

const ACTIONS: Readonly<Record<string, (env: Env, db: Db, say: Say) => Promise<void>>> = { status, rotate, forget };

async function status(env: Env, db: Db, say: Say): Promise<void> {
  const { current, previous } = secretKeys(env)();
  say(`With the current key: ${inWords(await sealedWith(db, current))}.`);
  say(
    previous === null ? 'There is no older key.' : `With the key before: ${inWords(await sealedWith(db, previous))}.`,
  );
}

async function rotate(env: Env, db: Db, say: Say): Promise<void> {
  const { current, previous } = rotatingKeys(env, say);
  const [oldDemo, newDemo] = [previous, current].map((key) => JSON.stringify(demoTokenOf(key)));
  const demo = (text: string) => (text === oldDemo ? (newDemo ?? text) : text);
  const { rows, unreadable } = await rotateSecrets(db, { current, previous }, demo);
  say(`${rows} ${rows === 1 ? 'row is' : 'rows are'} sealed with the new key.`);
  if (unreadable.length > 0)
    throw refused(
      'secret_unreadable',
      `The old key does not open: ${unreadable.join(', ')}.`,
      'Enter these secrets again. The rest is done.',
    );
  const left = await sealedWith(db, previous);
  if (Object.keys(left).length > 0)
    throw refused('not_rotated', `Still sealed with the old key: ${inWords(left)}.`, 'Run weir secrets rotate again.');
  say(
    env.secretKey === null
      ? 'The old key still opens what a running Weir may yet write with it. Start Weir again, then run weir secrets forget.'
      : 'When every process runs with the new key, take WEIR_SECRET_KEY_PREVIOUS away.',
  );
}

/** @throws WeirError `previous_key_missing` where the operator has to bring both */
function rotatingKeys(env: Env, say: Say): SecretKeys & { readonly previous: string } {
  const keys = secretKeys(env);
  if (keys().previous === null && env.secretKey !== null)
    throw refused(
      'previous_key_missing',
      'WEIR_SECRET_KEY_PREVIOUS is not set: which key are the secrets sealed with?',
      'Set WEIR_SECRET_KEY to the new key and WEIR_SECRET_KEY_PREVIOUS to the old one, for every process.',
    );
  if (keys().previous === null) {
    replaceKey(env.dataDir);
    say(`Made a new key: ${path.join(env.dataDir, 'secret-key')}.`);
  } else say('A rotation was begun before: going on.');
  const { current, previous } = keys();
  return { current, previous: previous ?? current };
}

async function forget(env: Env, db: Db, say: Say): Promise<void> {
  const { previous } = secretKeys(env)();
  if (previous === null) return say('There is no older key.');
  if (env.secretKey !== null)
    throw refused(
      'key_in_environment',
      'The older key stands in the environment.',
      'Take WEIR_SECRET_KEY_PREVIOUS away.',
    );
  const left = await sealedWith(db, previous);
  if (Object.keys(left).length > 0)
    throw refused('not_rotated', `Still sealed with the old key: ${inWords(left)}.`, 'Run weir secrets rotate first.');
  forgetPreviousKey(env.dataDir);
  say('Removed the older key. Back-ups that were made before have it in them.');
}

/** The database of `DATABASE_URL`, or the embedded one: as it runs, or started for the while. */
async function databaseOf({ databaseUrl, dataDir }: Env): Promise<{ url: string; stop: () => Promise<void> }> {
  const stop = async () => undefined;
  if (databaseUrl !== null) return { url: databaseUrl, stop };
  if (isEmbeddedRunning(embeddedPlace(dataDir)))
    return { url: readFileSync(path.join(dataDir, 'postgres-url'), 'utf8').trim(), stop };
  return await startEmbeddedPostgres({ dataDir });
}

function inWords(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([table, count]) => `${count} in ${table}`);
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

function refused(code: string, message: string, hint: string): WeirError {
  return new WeirError({ kind: 'config', code, message, hint });
}
