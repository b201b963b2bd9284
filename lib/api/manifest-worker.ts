import { parentPort } from 'node:worker_threads';
import { type ManifestReading, readManifest, validateManifest } from '#lib/connections/manifests.ts';

export interface ThreadQuestion {
  readonly text: string;
  /** What is wrong with it, or what a child reads, which is large. */
  readonly wanted: 'issues' | 'compiled';
}

export type ThreadAnswer<Wanted> = Wanted extends 'compiled' ? ManifestReading : ReturnType<typeof validateManifest>;

// The thread beside the web server: reads large manifests, one after the other.
parentPort?.on('message', ({ text, wanted }: ThreadQuestion) =>
  parentPort?.postMessage(wanted === 'issues' ? validateManifest(text) : readManifest(text)),
);
parentPort?.postMessage('ready');
