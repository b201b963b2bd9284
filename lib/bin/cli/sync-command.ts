import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import { syncManifest } from '#lib/sync/sync-manifest.ts';
import { commandGuard } from './command-guard.ts';
import { postgresConfig } from './postgres-address.ts';

interface Options {
  readonly manifest: Manifest;
  readonly config: JsonObject;
  /** Keeps a config that the source changed. */
  readonly saveConfig: (config: JsonObject) => Promise<void>;
  /** `postgres://user:password@host:port/database?schema=…&sslmode=…` */
  readonly to: string;
  readonly streams: readonly string[] | undefined;
  readonly fullRefresh: boolean;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Modules that stand for Python classes. */
  readonly componentsDir: string | null;
  /** Folders that file sources may read. */
  readonly fileRoots: readonly string[];
  readonly filesDir: string | null;
}

/** `sync`: loads the streams and says what became of each. */
export async function syncCommand({ to, streams, ...options }: Options): Promise<number> {
  const outcomes = await syncManifest({
    ...options,
    guard: commandGuard(),
    destination: postgresConfig(to, '--to'),
    ...(streams && { streams }),
    say: (line) => process.stdout.write(`${line}\n`),
  });
  return outcomes.every(({ failure }) => failure === null) ? 0 : 1;
}
