/** `weir-sync API DATABASE SCHEMA RUNS`: the engine's own way from the API into Postgres. Prints what it took. */
import { pino } from 'pino';
import { createGuard } from '#lib/address-guard.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { language } from '#lib/extract/kinds.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { extractContext } from '#lib/sync/resolve.ts';
import { runSync } from '#lib/sync/run-sync.ts';
import type { SyncStream } from '#lib/sync/sync-stream.ts';
import { ordersManifest } from './manifest.ts';

const [api = '', database = '', schema = ''] = process.argv.slice(2);
const started = performance.now();
const { manifest, issues } = parseManifest(ordersManifest(api), language);
if (!manifest) throw new Error(JSON.stringify(issues));
const log = pino({ level: 'silent' });
const clock = () => new Date();
const guard = createGuard({ allowed: 'any' });
const { signal } = new AbortController();
const extract = extractContext({ env: { fileRoots: [], componentsDir: null }, log, clock }, guard, signal);
const source = createManifestSource(manifest);
const { hostname, port, username, password, pathname } = new URL(database);
const destination = destinationKind('postgres').open(
  { log, clock, signal, guard, workDir: '/nowhere' },
  { host: hostname, port: Number(port), username, password, database: pathname.slice(1), schema },
);
const [found] = await source.discover(extract, {});
if (!found) throw new Error('no stream');
const stream: SyncStream = {
  configured: {
    stream: found,
    syncMode: 'incremental',
    destinationSyncMode: 'append_dedup',
    cursorField: [],
    primaryKey: [['id']],
  },
  namespace: '',
  table: 'orders',
};
const [outcome] = await runSync(
  {
    attempt: { connectionId: schema, syncId: 1, attempt: 1, fence: 1 },
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
const seconds = (performance.now() - started) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, peakMb: process.resourceUsage().maxRSS / 1024 })}\n`);
