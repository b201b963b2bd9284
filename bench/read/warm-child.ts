/** A child that has loaded the engine and waits, as the worker's do. Reads until the first record when it is told to. */
import { pino } from 'pino';
import { createGuard } from '#lib/address-guard.ts';
import { createManifestSource } from '#lib/extract/manifest-source.ts';
import type { Manifest } from '#lib/manifest/manifest.ts';
import { extractContext } from '#lib/sync/resolve.ts';

const parts = { env: { fileRoots: [] }, log: pino({ level: 'silent' }), clock: () => new Date() };

process.on('message', async (compiled: string) => {
  const source = createManifestSource(JSON.parse(compiled) as Manifest);
  const context = extractContext(parts, createGuard({ allowed: 'any' }), new AbortController().signal);
  const [stream] = await source.discover(context, {});
  if (!stream) throw new Error('no stream');
  const configured = {
    syncMode: 'full_refresh',
    destinationSyncMode: 'append',
    cursorField: [],
    primaryKey: [],
  } as const;
  for await (const event of source.read(context, {}, { stream: { stream, ...configured }, state: null }))
    if (event.type === 'page' && event.records.length > 0) break;
  process.send?.('first record');
  await context.close();
  process.disconnect();
});
process.send?.('warm');
