import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';

/** `postgres://user:password@host:port/database?schema=…&sslmode=…` as the config of a destination. */
export function postgresConfig(address: string, option: string): JsonObject {
  if (!/^postgres(ql)?:/.test(address) || !URL.canParse(address)) {
    throw new WeirError({
      kind: 'config',
      code: 'bad_url',
      message: `${option} takes the address of a Postgres.`,
      hint: 'Such as postgres://user:password@localhost:5432/warehouse.',
    });
  }
  const { hostname, port, username, password, pathname, searchParams } = new URL(address);
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
