import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type JsonObject, parseJson, stringifyJson } from '#lib/json.ts';

/** One engine in a process of its own, asked by JSON lines. It is started anew after it was stopped for taking too long. */
export class Worker {
  readonly #command: string;
  readonly #args: readonly string[];
  #child: ChildProcess | null = null;
  #answer: ((line: string | null) => void) | null = null;
  #errors = '';

  constructor(command: string, args: readonly string[]) {
    this.#command = command;
    this.#args = args;
  }

  /** Null when no answer came in time, or the process ended. */
  async ask(request: JsonObject, limitMs: number): Promise<JsonObject | null> {
    const child = this.#child ?? this.#start();
    const line = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), Math.max(1, limitMs));
      this.#answer = (text) => {
        clearTimeout(timer);
        resolve(text);
      };
      child.stdin?.write(`${stringifyJson(request)}\n`);
    });
    this.#answer = null;
    if (line === null) this.stop();
    return line === null ? null : (parseJson(line) as JsonObject);
  }

  /** The last that the process said on stderr. */
  get lastWords(): string {
    return this.#errors.slice(-500);
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  #start(): ChildProcess {
    const child = spawn(this.#command, this.#args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#answer?.(line));
    child.stderr.on('data', (data: Buffer) => {
      this.#errors = (this.#errors + data.toString()).slice(-2000);
    });
    child.stdin.on('error', () => {});
    child.on('exit', () => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#answer?.(null);
    });
    return child;
  }
}
