import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TransactionPooler extends AsyncDisposable {
  readonly port: number;
  /** Transactions that were let go. */
  transactions(): number;
}

/** ReadyForQuery, and its status outside of a transaction. */
const READY = 'Z'.charCodeAt(0);
const IDLE = 'I'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);

/** BackendKeyData and its length; process and secret follow. */
const KEY = Buffer.from('K\0\0\0\u000c', 'latin1');
const DISCARD = Buffer.from('Q\0\0\0\u0010discard all\0', 'latin1');

/** A session of the server, and whose it is until its transaction ends. */
interface Session {
  readonly socket: Socket;
  owner: Client | null;
  /** What was left in it is thrown away. */
  cleaning: boolean;
}

interface Client {
  readonly socket: Socket;
  session: Session | null;
  started: boolean;
}

/**
 * Postgres behind a pooler in transaction mode, on loopback: after each transaction the session goes to whoever waits, and nothing that
 * a client left in it is there the next time. All clients have to be of one user and database.
 */
export async function transactionPooler(target: { host: string; port: number }): Promise<TransactionPooler> {
  const resting: Session[] = [];
  const waiting: { client: Client; chunk: Buffer }[] = [];
  const open = new Set<Socket>();
  let transactions = 0;

  const give = (session: Session, client: Client, chunk: Buffer) => {
    session.owner = client;
    client.session = session;
    session.socket.write(chunk);
  };
  const letGo = (session: Session, owner: Client) => {
    transactions += 1;
    owner.session = null;
    owner.started = true;
    session.owner = null;
    session.cleaning = true;
    session.socket.write(DISCARD);
  };
  const rest = (session: Session) => {
    session.cleaning = false;
    const next = waiting.shift();
    if (next) give(session, next.client, next.chunk);
    else resting.push(session);
  };
  const openSession = (): Session => {
    const session: Session = { socket: connect(target.port, target.host), owner: null, cleaning: false };
    let pending: Buffer = Buffer.alloc(0);
    track(session.socket, open).on('data', (chunk: Buffer) => {
      session.owner?.socket.write(session.owner.started ? chunk : withFalseKey(chunk));
      const { rest: left, isIdle } = lastStatus(Buffer.concat([pending, chunk]));
      pending = left;
      if (isIdle && session.owner) letGo(session, session.owner);
      else if (isIdle && session.cleaning) rest(session);
    });
    session.socket.on('close', () => {
      session.owner?.socket.destroy();
      if (resting.includes(session)) resting.splice(resting.indexOf(session), 1);
    });
    return session;
  };
  const server = createServer((socket) => {
    const client: Client = { socket, session: null, started: false };
    track(socket, open).on('data', (chunk: Buffer) => {
      // A client that goes leaves its session to the others.
      if (client.started && client.session === null && chunk[0] === TERMINATE) return void socket.end();
      if (client.session) return void client.session.socket.write(chunk);
      const session = client.started ? resting.shift() : openSession();
      if (session) give(session, client, chunk);
      else waiting.push({ client, chunk });
    });
    // What it had begun ends with it.
    socket.on('close', () => client.session?.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    transactions: () => transactions,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function track(socket: Socket, open: Set<Socket>): Socket {
  open.add(socket);
  return socket.on('error', () => undefined).on('close', () => open.delete(socket));
}

/** As PgBouncer does: what a client is told at its login is the name of no session, which will be another each time. */
function withFalseKey(chunk: Buffer): Buffer {
  const at = chunk.indexOf(KEY);
  if (at >= 0) chunk.writeInt32BE(-1, at + KEY.length);
  return chunk;
}

/** Walks over whole messages; says whether the last of them left the session outside of a transaction. */
function lastStatus(bytes: Buffer): { rest: Buffer; isIdle: boolean } {
  let at = 0;
  let isIdle = false;
  while (at + 5 <= bytes.length && at + 1 + bytes.readInt32BE(at + 1) <= bytes.length) {
    isIdle = bytes[at] === READY && bytes[at + 5] === IDLE;
    at += 1 + bytes.readInt32BE(at + 1);
  }
  return { rest: bytes.subarray(at), isIdle };
}
