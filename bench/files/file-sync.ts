/** `file-sync FILE KIND CONFIG`: the engine's own way from a CSV file into a destination. Prints what it took. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { createGuard } from '#lib/address-guard.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { language } from '#lib/extract/kinds.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { extractContext } from '#lib/sync/resolve.ts';
import { runSync } from '#lib/sync/run-sync.ts';
import type { SyncStream } from '#lib/sync/sync-stream.ts';
import { SCHEMA } from './orders-csv.ts';

const [file = '', kind = '', config = '{}'] = process.argv.slice(2);
const started = performance.now();
const { manifest, issues } = parseManifest(
  `
version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
streams:
  - type: FileStream
    name: orders
    provider: { type: folder, folder: ${JSON.stringify(path.dirname(file))} }
    path: ${path.basename(file)}
    format: { type: csv }
    schema_loader: { type: InlineSchemaLoader, schema: ${JSON.stringify(SCHEMA)} }
`,
  language,
);
if (!manifest) throw new Error(JSON.stringify(issues));
const log = pino({ level: 'silent' });
const clock = () => new Date();
const guard = createGuard({ allowed: 'any' });
const { signal } = new AbortController();
const workDir = mkdtempSync(path.join(os.tmpdir(), 'weir-bench-stage-'));
const extract = extractContext({ env: { fileRoots: [path.dirname(file)] }, log, clock }, guard, signal);
const source = createManifestSource(manifest);
const destination = destinationKind(kind).open({ log, clock, signal, guard, workDir }, JSON.parse(config));
const [found] = await source.discover(extract, {});
if (!found) throw new Error('no stream');
const stream: SyncStream = {
  configured: {
    stream: found,
    syncMode: 'full_refresh',
    destinationSyncMode: 'overwrite',
    cursorField: [],
    primaryKey: [],
  },
  namespace: '',
  table: 'orders',
};
const [outcome] = await runSync(
  {
    attempt: { connectionId: 'c0ffee00-0000-4000-8000-000000000001', syncId: 1, attempt: 1, fence: 1 },
    ...{ emittedAt: clock(), source, config: {}, destination, streams: [stream] },
  },
  {
    extract,
    recorder: {
      ...{ started: () => undefined, progress: () => undefined, log: () => undefined },
      ...{
        advanced: async () => undefined,
        published: async () => undefined,
        failed: async () => undefined,
        close: async () => undefined,
      },
    },
  },
);
if (outcome?.failure) throw new Error(outcome.failure.message);
await destination.close();
await extract.close();
rmSync(workDir, { recursive: true, force: true });
const seconds = (performance.now() - started) / 1000;
process.stdout.write(
  `${JSON.stringify({ seconds, peakMb: process.resourceUsage().maxRSS / 1024, rows: outcome?.published?.inserted })}\n`,
);
