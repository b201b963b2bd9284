import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface ChoppingProxy {
  readonly url: string;
  /** After so many packets from the client the way is cut, with the last one delivered or not; it may stay cut. */
  chop(after: number, options: { deliver: boolean; down: boolean }): void;
  /** Tells once after so many packets. */
  watch(after: number, onPacket: () => void): void;
  /** The way is whole again. */
  mend(): void;
  /** When the server has ended all that came this way, for clients that are gone: a commit that it was given is done by then. */
  settled(): Promise<void>;
  close(): void;
}

/** A way to Postgres on loopback that breaks where it is told to. */
export async function choppingProxy(url: string): Promise<ChoppingProxy> {
  const target = new URL(url);
  const open = new Set<Socket>();
  const ends = new Set<Promise<void>>();
  let left = Number.POSITIVE_INFINITY;
  let how = { deliver: false, down: false };
  let isDown = false;
  let unwatched = Number.POSITIVE_INFINITY;
  let tell: () => void = () => undefined;
  const server = createServer((client) => {
    if (isDown) return client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    const end = new Promise<void>((resolve) => upstream.on('close', () => resolve())).finally(() => ends.delete(end));
    ends.add(end);
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.end());
    upstream.on('data', (chunk) => client.writable && client.write(chunk));
    client.on('data', (chunk) => {
      if (unwatched-- === 0) tell();
      if (left-- > 0) return upstream.write(chunk);
      left = Number.POSITIVE_INFINITY;
      if (how.deliver) upstream.write(chunk);
      isDown = how.down;
      return client.destroy();
    });
    return client;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxied = new URL(url);
  proxied.hostname = '127.0.0.1';
  proxied.port = String((server.address() as AddressInfo).port);
  return {
    url: proxied.href,
    chop(after, options) {
      left = after;
      how = options;
      isDown = false;
    },
    watch(after, onPacket) {
      unwatched = after;
      tell = onPacket;
    },
    mend() {
      unwatched = Number.POSITIVE_INFINITY;
      left = Number.POSITIVE_INFINITY;
      isDown = false;
    },
    async settled() {
      await Promise.all(ends);
    },
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
