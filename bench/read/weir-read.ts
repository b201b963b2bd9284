/** `weir-read MANIFEST`: the engine alone reads the stream to its end. Prints what it took. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createGuard } from '#lib/address-guard.ts';
import { createHttpClient } from '#lib/extract/http/create-http-client.ts';
import { language } from '#lib/extract/kinds.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';

const [, , file = ''] = process.argv;
const { manifest, issues } = parseManifest(readFileSync(file, 'utf8'), language);
if (!manifest) throw new Error(JSON.stringify(issues));
const source = createManifestSource(manifest);
const [log, clock] = [pino({ level: 'silent' }), () => new Date()];
const http = createHttpClient({ guard: createGuard({ allowed: 'any' }), clock, log });
const context = {
  http,
  log,
  clock,
  signal: new AbortController().signal,
  sleep: async (ms: number) => void (await sleep(ms)),
};
const [stream] = await source.discover(context, {});
if (!stream) throw new Error('no stream');
const started = performance.now();
let records = 0;
const configured = {
  syncMode: 'full_refresh',
  destinationSyncMode: 'append',
  cursorField: [],
  primaryKey: [],
} as const;
for await (const event of source.read(context, {}, { stream: { stream, ...configured }, state: null }))
  if (event.type === 'page') records += event.records.length;
const seconds = (performance.now() - started) / 1000;
process.stdout.write(`${JSON.stringify({ records, seconds, peakMb: process.resourceUsage().maxRSS / 1024 })}\n`);
await http.close();
