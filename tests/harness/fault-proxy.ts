import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What happens to the bytes that a client of Postgres sends, from where they hold the statement. */
export type Breakage =
  /** The connection ends, and the server never sees the statement. */
  | 'cut before'
  /** The server gets the statement; the connection ends before its answer. */
  | 'cut after'
  /** The statement waits until `mend`. */
  | 'stall'
  /** The server gets the statement; its answer waits until `mend`. */
  | 'stall after'
  /** The server never sees the statement: Postgres' words for a failure come in place of its answer, and then the end. */
  | { readonly error: Refusal }
  /** The same, and the session goes on: as if the server had refused the statement and undone the transaction. */
  | { readonly refuse: Refusal }
  /** The same with these bytes. */
  | { readonly answer: string | Uint8Array };

interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Breaks a connection that sends this text, at its nth time over all connections, once; resolves when it has. */
  breakAt(statement: string, how: Breakage, nth?: number): Promise<void>;
  /** Lets nobody through, or everybody again; whoever is connected is cut off. */
  down(isDown: boolean): void;
  /** Leads who asks from now on to another server. */
  leadTo(target: { readonly host: string; readonly port: number }): void;
  /** What was held goes on, and what was to break does not. */
  mend(): void;
  /** Connections asked for so far. */
  connections(): number;
  /** Resolves when so many were asked for. */
  waitForConnections(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Of what a connection has sent, so much is kept, for a statement that comes in two pieces. */
const KEPT_BYTES = 1024;

interface Trap {
  readonly statement: Buffer;
  readonly how: Breakage;
  readonly sprung: () => void;
  /** Passes before it springs. */
  left: number;
}

/** A way to a server on loopback that breaks at a statement. */
export async function faultProxy(first: { host: string; port: number }): Promise<FaultProxy> {
  let target: { readonly host: string; readonly port: number } = first;
  const open = new Set<Socket>();
  const traps: Trap[] = [];
  const held: (() => unknown)[] = [];
  let isDown = false;
  let accepted = 0;
  const waiting = new Set<() => void>();

  const pass = (client: Socket, server: Socket, { before, chunk }: { before: Buffer; chunk: Buffer }) => {
    const seen = Buffer.concat([before, chunk]);
    // One that ended in what came before has been counted.
    const met = traps.filter(({ statement }) =>
      seen.includes(statement, Math.max(0, before.length - statement.length + 1)),
    );
    const trap = met.find((one) => one.left-- === 0);
    if (!trap) return void server.write(chunk);
    traps.splice(traps.indexOf(trap), 1);
    if (trap.how === 'stall') {
      client.pause();
      held.push(() => {
        server.write(chunk);
        client.resume();
      });
    } else if (typeof trap.how === 'object' && 'refuse' in trap.how) {
      // The server is told to roll back instead, and the client that it failed.
      const { refuse } = trap.how;
      const listeners = server.listeners('data') as ((chunk: Buffer) => void)[];
      server.removeAllListeners('data').once('data', () => {
        for (const listener of listeners) server.on('data', listener);
        client.write(Buffer.concat([errorMessage(refuse, 'ERROR'), READY]));
      });
      server.write(queryMessage('rollback'));
    } else if (trap.how === 'cut after' || trap.how === 'stall after') {
      // Its answer proves that the server has done it; the client never sees that answer.
      server.removeAllListeners('data');
      server.once('data', (answer) => {
        if (trap.how === 'stall after') held.push(() => client.writable && client.write(answer));
        else server.destroy();
        if (trap.how === 'cut after') client.destroy();
        trap.sprung();
      });
      server.write(chunk);
      return;
    } else {
      if (trap.how === 'cut before') client.destroy();
      else client.end('error' in trap.how ? errorMessage(trap.how.error) : trap.how.answer);
      server.removeAllListeners('close').destroy();
    }
    trap.sprung();
  };

  const proxy = createServer((client) => {
    accepted += 1;
    for (const look of waiting) look();
    if (isDown) return void client.destroy();
    const server = connect(target.port, target.host);
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    server.on('close', () => client.destroy()).on('data', (chunk) => client.writable && client.write(chunk));
    let before: Buffer = Buffer.alloc(KEPT_BYTES);
    client.on('close', () => server.destroy());
    client.on('data', (chunk: Buffer) => {
      pass(client, server, { before, chunk });
      before = Buffer.concat([before, chunk]).subarray(-KEPT_BYTES);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const cutAll = () => {
    for (const socket of open) socket.destroy();
  };
  const close = async () => {
    cutAll();
    await new Promise((resolve) => proxy.close(resolve));
  };
  return {
    ...{ host: '127.0.0.1', port: (proxy.address() as AddressInfo).port },
    breakAt: (statement, how, nth = 1) =>
      new Promise((sprung) => void traps.push({ statement: Buffer.from(statement), how, sprung, left: nth - 1 })),
    down(next) {
      isDown = next;
      if (isDown) cutAll();
    },
    leadTo(next) {
      target = next;
    },
    mend() {
      traps.length = 0;
      for (const goOn of held.splice(0)) goOn();
    },
    connections: () => accepted,
    waitForConnections: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (accepted < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** An ErrorResponse of Postgres' protocol. */
function errorMessage({ code, message }: Refusal, severity = 'FATAL'): Buffer {
  return framed('E', `S${severity}\0V${severity}\0C${code}\0M${message}\0\0`);
}

function queryMessage(text: string): Buffer {
  return framed('Q', `${text}\0`);
}

/** ReadyForQuery, outside of a transaction. */
const READY = framed('Z', 'I');

function framed(type: string, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
