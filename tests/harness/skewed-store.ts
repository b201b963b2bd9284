import { spawn } from 'node:child_process';
import { freePort } from '#lib/db/embedded-postgres.ts';
import { storeAt, type TestStore } from './s3-store.ts';

/** An S3 store with the bucket `lake` in this folder, in a process whose clock is off by so much. */
export async function skewedStore(directory: string, offMs: number): Promise<TestStore & AsyncDisposable> {
  const port = await freePort();
  const place = ['--directory', directory, '--address', '127.0.0.1', '--port', String(port)];
  const child = spawn(
    process.execPath,
    [
      '--import',
      './tests/harness/skewed-clock.mjs',
      'node_modules/s3rver/bin/s3rver.js',
      ...place,
      '--configure-bucket',
      'lake',
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, WEIR_CLOCK_OFF_MS: String(offMs) } },
  );
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  const close = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  };
  const store = storeAt(new URL(`http://127.0.0.1:${port}`), { bucket: 'lake', ...keys }, close);
  return { ...store, [Symbol.asyncDispose]: close };
}
