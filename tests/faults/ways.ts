import { type FaultProxy, faultProxy } from '#tests/harness/fault-proxy.ts';
import type { World } from './world.ts';

/** A way to the world's warehouse that breaks where it is told to. */
export function warehouseWay({ weir }: World): Promise<FaultProxy> {
  const { hostname, port } = new URL(weir.databaseUrl);
  return faultProxy({ host: hostname, port: Number(port) });
}

/** The warehouse behind that way, as a destination. */
export async function behind({ weir, client }: World, { host, port }: FaultProxy): Promise<string> {
  const { username, password, pathname } = new URL(weir.databaseUrl);
  await client.post('/allowed-hosts', { host, port, reason: 'test' });
  const config = { ...{ host, port, database: pathname.slice(1), username, password }, schema: 'public' };
  const ssl = { ssl_mode: { mode: 'disable' } };
  const destination = { name: `over port ${port}`, type: 'postgres', config: { ...config, ...ssl } };
  return (await client.post<{ id: string }>('/destinations', destination)).id;
}
