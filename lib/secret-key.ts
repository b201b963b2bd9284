import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Env } from './env.ts';
import type { SecretKeys } from './secrets.ts';

type KeyEnv = Pick<Env, 'dataDir' | 'secretKey' | 'previousSecretKey'>;

/** The keys of the environment; or those of the data folder, read again when they change, so that nothing has to be restarted. */
export function secretKeys({ dataDir, secretKey, previousSecretKey }: KeyEnv): () => SecretKeys {
  if (secretKey !== null) {
    const keys = { current: secretKey, previous: previousSecretKey };
    return () => keys;
  }
  const files = keyFiles(dataDir);
  ensureKey(dataDir);
  let known: { readonly at: string; readonly keys: SecretKeys } | null = null;
  return () => {
    const at = [files.current, files.previous].map(stampOf).join();
    known = known?.at === at ? known : { at, keys: readKeys(dataDir) };
    return known.keys;
  };
}

/** Makes a new key the current one and keeps the old one beside it. The old one is safe on disk before it is replaced. */
export function replaceKey(dataDir: string): void {
  const files = keyFiles(dataDir);
  writeKey(files.previous, readFileSync(files.current, 'utf8').trim());
  writeKey(files.current, randomBytes(32).toString('base64url'));
}

/** Removes the old key for good. */
export function forgetPreviousKey(dataDir: string): void {
  rmSync(keyFiles(dataDir).previous, { force: true });
}

function keyFiles(dataDir: string) {
  return { current: path.join(dataDir, 'secret-key'), previous: path.join(dataDir, 'secret-key.previous') };
}

/** Made at the first start, readable by its owner alone. Losing it loses the stored secrets. */
function ensureKey(dataDir: string): void {
  const { current } = keyFiles(dataDir);
  if (existsSync(current)) return;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(current, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
}

/** The old key is written first, so the current one is read first: what it was a moment ago is in one of the two. */
function readKeys(dataDir: string): SecretKeys {
  const files = keyFiles(dataDir);
  const current = readFileSync(files.current, 'utf8').trim();
  const previous = existsSync(files.previous) ? readFileSync(files.previous, 'utf8').trim() : null;
  return { current, previous: previous === current ? null : previous };
}

/** Written beside and renamed, so that no process reads half a key. */
function writeKey(file: string, key: string): void {
  const half = `${file}.${process.pid}`;
  writeFileSync(half, key, { mode: 0o600, flag: 'wx' });
  renameSync(half, file);
}

function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.ino}:${stats.mtimeMs}` : '';
}
