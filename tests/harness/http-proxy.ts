import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Proxies, readProxies } from '#lib/outbound-proxy.ts';

interface HttpProxyOptions {
  /** `user:password`; nobody else is let through. */
  readonly credentials?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The status for a target that it does not connect to. */
  readonly refuse?: (target: string) => number | null;
}

export interface HttpProxy {
  /** Its address, with the credentials, as HTTPS_PROXY takes it. */
  readonly url: string;
  readonly port: number;
  /** `host:port` of each CONNECT that came, in order. */
  readonly asked: readonly string[];
  /** What a guard is given for both schemes. */
  proxies(exceptions?: string): Proxies;
}

/** A forward proxy: it takes CONNECT, has names of its own (all lead to loopback, at the port that was asked for), and ends with the test. */
export async function httpProxy({ credentials, tls, refuse }: HttpProxyOptions = {}): Promise<HttpProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = tls ? createTlsServer(tls) : createServer();
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))));
  server.on('connect', ({ url: target = '', headers }, client: Socket, head: Buffer) => {
    client.on('error', () => client.destroy());
    asked.push(target);
    const refused = wanted && headers['proxy-authorization'] !== wanted ? 407 : (refuse?.(target) ?? null);
    if (refused !== null) return client.end(`HTTP/1.1 ${refused} No\r\ncontent-length: 0\r\n\r\n`);
    const host = connect(Number(target.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      host.write(head);
      client.pipe(host).pipe(client);
    });
    host.on('error', () => client.end('HTTP/1.1 502 Bad gateway\r\n\r\n'));
    client.on('close', () => host.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `${tls ? 'https' : 'http'}://${credentials ? `${credentials}@` : ''}127.0.0.1:${port}`;
  return {
    ...{ url, port, asked },
    proxies(exceptions = '') {
      const { proxies, problems } = readProxies({ http: url, https: url, exceptions });
      if (proxies === null || problems.length > 0) throw new Error(problems.join(' '));
      return proxies;
    },
  };
}
