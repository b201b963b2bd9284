import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Log } from '#lib/log.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import { syncManifest } from '#lib/sync/sync-manifest.ts';

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
}

/** `sync`: loads the streams and says what became of each. */
export async function syncCommand({ to, streams, ...options }: Options): Promise<number> {
  const outcomes = await syncManifest({
    ...options,
    destination: destinationConfig(to),
    ...(streams && { streams }),
    say: (line) => process.stdout.write(`${line}\n`),
  });
  return outcomes.every(({ failure }) => failure === null) ? 0 : 1;
}

function destinationConfig(to: string): JsonObject {
  if (!/^postgres(ql)?:/.test(to) || !URL.canParse(to)) {
    throw new WeirError({
      kind: 'config',
      code: 'bad_url',
      message: '--to takes the address of a Postgres.',
      hint: 'Such as postgres://user:password@localhost:5432/warehouse.',
    });
  }
  const { hostname, port, username, password, pathname, searchParams } = new URL(to);
  const sslmode = searchParams.get('sslmode');
  return {
    host: hostname,
    port: Number(port) || 5432,
    database: decodeURIComponent(pathname.slice(1)),
    username: decodeURIComponent(username),
    ...(password && { password: decodeURIComponent(password) }),
    schema: searchParams.get('schema') ?? 'public',
    ...(sslmode && { ssl_mode: { mode: sslmode } }),
  };
}
