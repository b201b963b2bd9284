import pino from 'pino';

export type Log = pino.Logger;

/** The process's log: one JSON line each, on stderr so that stdout stays free for the Airbyte protocol. */
export function createLog(name: string, level: string): Log {
  return pino({ name, level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
