import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** What a command that speaks the Airbyte protocol gave, and when. */
export interface Output {
  readonly records: number;
  /** From the first record to the end of the process. */
  readonly seconds: number;
  /** From the start of the process to the first record. */
  readonly startSeconds: number;
}

/** Runs `read` to its end, its output into a file, so that nobody else works meanwhile. Throws with its last words when it fails. */
export async function readProtocol(command: string, args: readonly string[], file: string): Promise<Output> {
  const started = Date.now();
  const out = openSync(file, 'w');
  const child = spawn(command, args, { stdio: ['ignore', out, 'pipe'] });
  let words = '';
  child.stderr?.on('data', (piece: Buffer) => (words = (words + piece.toString()).slice(-2_000)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended = Date.now();
  closeSync(out);
  const lines = readFileSync(file, 'utf8').split('\n');
  const records = lines.filter((line) => line.includes('"type":"RECORD"'));
  const [, first] = /"emitted_at":(\d+)/.exec(records[0] ?? '') ?? [];
  if (code !== 0 || first === undefined)
    throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${lines.slice(-3).join('\n')} ${words}`);
  const begun = Number(first);
  return { records: records.length, seconds: (ended - begun) / 1000, startSeconds: (begun - started) / 1000 };
}
