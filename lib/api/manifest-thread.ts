import { existsSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ManifestReading, readManifest, validateManifest } from '#lib/connections/manifests.ts';
import type { ThreadAnswer, ThreadQuestion } from './manifest-worker.ts';

/** What takes a few milliseconds is not worth the way to the thread. */
const SMALL_BYTES = 30_000;
/** A text that takes longer was made to take long; the thread's own start is not counted. */
const DEADLINE_MS = 10_000;
/** Then it gives its memory back. */
const IDLE_MS = 5 * 60_000;
const MEMORY_MB = 512;

type Validated = ReturnType<typeof validateManifest>;
type Wanted = ThreadQuestion['wanted'];

interface Thread {
  readonly worker: Worker;
  /** Once it has loaded what reads manifests, or has ended. */
  readonly ready: Promise<void>;
}

let thread: Thread | null = null;
let idle: NodeJS.Timeout | null = null;
/** One text at a time: who is behind it waits, and knows whom to blame. */
let last: Promise<unknown> = Promise.resolve();

/** What is wrong with a manifest. A large one is read in a thread, so that nobody else's request waits for it. */
export async function validateApart(text: string): Promise<Validated> {
  if (isSmall(text)) return validateManifest(text);
  return (await inThread(text, 'issues')) ?? { issues: TOO_LONG, spec: null, streams: [] };
}

/** The same with what a child reads of it. */
export async function readApart(text: string): Promise<ManifestReading> {
  if (isSmall(text)) return readManifest(text);
  return (await inThread(text, 'compiled')) ?? { issues: TOO_LONG, compiled: null, hasTests: false };
}

const TOO_LONG = [
  { message: 'Reading this manifest takes too long or too much memory. Is something in it repeated many times over?' },
];

function isSmall(text: string): boolean {
  return Buffer.byteLength(text) <= SMALL_BYTES;
}

function inThread<W extends Wanted>(text: string, wanted: W): Promise<ThreadAnswer<W> | null> {
  const asked = last.then(() => ask(text, wanted));
  // One for whom no thread could be started does not stop those behind.
  last = asked.catch(() => undefined);
  return asked;
}

/** Null when the thread died of it, or was ended for taking too long; the next question starts another. */
async function ask<W extends Wanted>(text: string, wanted: W): Promise<ThreadAnswer<W> | null> {
  if (idle) clearTimeout(idle);
  thread ??= start();
  const { worker, ready } = thread;
  await ready;
  return new Promise((resolve) => {
    // One that ended before it was asked tells nothing more by itself.
    const deadline = setTimeout(() => void worker.terminate().then(lost), DEADLINE_MS);
    const answered = (answer: ThreadAnswer<W> | null) => {
      clearTimeout(deadline);
      worker.off('message', answered).off('exit', lost);
      idle = setTimeout(() => void worker.terminate(), IDLE_MS).unref();
      resolve(answer);
    };
    const lost = () => answered(null);
    worker.on('message', answered).on('exit', lost);
    worker.postMessage({ text, wanted } satisfies ThreadQuestion);
  });
}

function start(): Thread {
  const worker = new Worker(workerFile(), {
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  // It keeps no process alive that has nothing else to do; what it dies of is told by its exit.
  worker.unref();
  worker.on('error', () => undefined);
  const started = {
    worker,
    ready: new Promise<void>((resolve) => worker.once('message', resolve).once('exit', resolve)),
  };
  worker.on('exit', () => {
    if (thread === started) thread = null;
  });
  return started;
}

/** The bundle starts several times as fast. */
function workerFile(): string {
  const bundled = path.resolve(import.meta.dirname, '../../dist/manifest-worker.mjs');
  const isDev = process.env.WEIR_DEV === '1';
  return !isDev && existsSync(bundled) ? bundled : path.join(import.meta.dirname, 'manifest-worker.ts');
}
