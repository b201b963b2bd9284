/** `weir-read MANIFEST`: the engine alone reads the stream to its end. Prints what it took. */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { createGuard } from '#lib/address-guard.ts';
import { language } from '#lib/extract/kinds.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { extractContext } from '#lib/sync/resolve.ts';

const [, , file = ''] = process.argv;
const { manifest, issues } = parseManifest(readFileSync(file, 'utf8'), language);
if (!manifest) throw new Error(JSON.stringify(issues));
const source = createManifestSource(manifest);
const parts = { env: { fileRoots: [] }, log: pino({ level: 'silent' }), clock: () => new Date() };
const context = extractContext(parts, createGuard({ allowed: 'any' }), new AbortController().signal);
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
await context.close();
