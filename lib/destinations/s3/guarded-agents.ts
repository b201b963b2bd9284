import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { CheckedAddress, Guard } from '#lib/address-guard.ts';
import { openTunnel } from '#lib/outbound-proxy.ts';

interface AgentOptions {
  readonly guard: Guard;
  readonly timeoutMs: number;
}

/** What Node asks an agent to connect to; for TLS it has the name to verify as well. */
type Target = Parameters<HttpsAgent['createConnection']>[0];
type Done = (error: Error | null, socket?: Duplex) => void;

/** Node's agents for the SDK: every connection goes to the address that the guard has checked, or through its proxy. */
export function guardedAgents(options: AgentOptions): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  return { httpAgent: new GuardedHttpAgent(options), httpsAgent: new GuardedHttpsAgent(options) };
}

class GuardedHttpAgent extends HttpAgent {
  readonly #options: AgentOptions;

  constructor(options: AgentOptions) {
    super({ keepAlive: true });
    this.#options = options;
  }

  override createConnection(target: Target, done: Done): undefined {
    const straight = (way: Target) => super.createConnection(way) as Socket;
    settle(reach(this.#options, 'http:', target, { straight, tunnelled: (socket) => socket }), done);
  }
}

class GuardedHttpsAgent extends HttpsAgent {
  readonly #options: AgentOptions;

  constructor(options: AgentOptions) {
    super({ keepAlive: true });
    this.#options = options;
  }

  override createConnection(target: Target, done: Done): undefined {
    const straight = (way: Target) => super.createConnection(way) as Socket;
    const tunnelled = (socket: Socket) => connectTls({ ...(target as ConnectionOptions), socket });
    settle(reach(this.#options, 'https:', target, { straight, tunnelled }), done);
  }
}

interface Ways {
  straight(target: Target): Socket;
  tunnelled(socket: Socket): Socket;
}

async function reach(
  { guard, timeoutMs }: AgentOptions,
  scheme: 'http:' | 'https:',
  target: Target,
  { straight, tunnelled }: Ways,
): Promise<Socket> {
  const host = String(target.host ?? '').replace(/^\[|\]$/g, '');
  const port = Number(target.port) || (scheme === 'https:' ? 443 : 80);
  const checked = await guard(host, port, scheme);
  const { proxy, address } = checked;
  if (!proxy) return straight({ ...target, lookup: answering(checked) });
  return tunnelled(await openTunnel({ proxy, address, host, port, timeoutMs }));
}

/** A resolver that knows the checked address alone. */
function answering({ address, family }: CheckedAddress): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

function settle(socket: Promise<Socket>, done: Done): void {
  socket.then(
    (open) => done(null, open),
    (error: Error) => done(error),
  );
}
