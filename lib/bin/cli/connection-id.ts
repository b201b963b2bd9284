import type { ConnectionSummary } from '#lib/connections/connections.ts';
import { WeirError } from '#lib/errors.ts';
import type { Server } from './pipelines/server.ts';

/** The id of a connection by its name, or by the id itself. */
export async function connectionId(server: Server, name: string): Promise<string> {
  const connections = await server.get<ConnectionSummary[]>('/connections');
  const found = connections.find((one) => one.name === name || one.id === name);
  if (found) return found.id;
  throw new WeirError({
    kind: 'config',
    code: 'not_found',
    message: `There is no connection named ${name}.`,
    hint: `Connections: ${connections.map((one) => one.name).join(', ')}.`,
  });
}
