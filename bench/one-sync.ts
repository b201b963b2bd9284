import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { createGuard } from '#lib/address-guard.ts';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { language } from '#lib/extract/kinds.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import type { JsonObject } from '#lib/json.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { extractContext } from '#lib/sync/resolve.ts';
import { runSync } from '#lib/sync/run-sync.ts';
import { startMeasuring } from './measure.ts';

export interface OneSync {
  /** A manifest with one stream. */
  readonly manifest: string;
  readonly fileRoots?: readonly string[];
  readonly destination: { readonly kind: string; readonly config: JsonObject };
  readonly modes: Pick<ConfiguredStream, 'syncMode' | 'destinationSyncMode' | 'primaryKey'>;
  readonly connectionId: string;
}

const silent = async () => undefined;
const RECORDER = {
  ...{ started: () => undefined, progress: () => undefined, expected: () => undefined, log: () => undefined },
  ...{ advanced: silent, published: silent, held: silent, failed: silent, close: silent },
};

/** The engine's own way from a source into the table `orders` of a destination. Prints what it took. */
export async function runOneSync(one: OneSync): Promise<void> {
  const measured = startMeasuring();
  const { manifest, issues } = parseManifest(one.manifest, language);
  if (!manifest) throw new Error(JSON.stringify(issues));
  const [log, clock] = [pino({ level: 'silent' }), () => new Date()];
  const guard = createGuard({ allowed: 'any' });
  const { signal } = new AbortController();
  const workDir = mkdtempSync(path.join(os.tmpdir(), 'weir-bench-stage-'));
  const env = { fileRoots: [...(one.fileRoots ?? [])], componentsDir: null };
  const extract = extractContext({ env, log, clock }, guard, signal);
  const source = createManifestSource(manifest);
  const { kind, config } = one.destination;
  const destination = destinationKind(kind).open({ log, clock, signal, guard, workDir }, config);
  const [stream] = await source.discover(extract, {});
  if (!stream) throw new Error('no stream');
  const configured = { ...one.modes, stream, cursorField: [] };
  const [outcome] = await runSync(
    {
      attempt: { connectionId: one.connectionId, syncId: 1, attempt: 1, fence: 1 },
      ...{ emittedAt: clock(), source, config: {}, destination },
      streams: [{ configured, namespace: '', table: 'orders' }],
    },
    { extract, recorder: RECORDER },
  );
  if (outcome?.failure) throw new Error(outcome.failure.message);
  await destination.close();
  await extract.close();
  rmSync(workDir, { recursive: true, force: true });
  process.stdout.write(`${JSON.stringify(measured())}\n`);
}
