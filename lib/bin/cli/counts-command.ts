import { WeirError } from '#lib/errors.ts';
import type { SyncDetail } from '#lib/sync/syncs.ts';
import { needed } from './inputs.ts';
import { weirServer } from './pipelines/server.ts';

type Stream = Pick<SyncDetail['streams'][number], 'name' | 'status' | 'read' | 'filtered' | 'quarantined' | 'written'>;

interface Options {
  readonly sync: string | undefined;
  readonly url: string;
  readonly key: string | undefined;
  readonly json: boolean;
}

/** `counts`: where every record of a sync went, stream by stream; exits with 1 when a published stream does not add up. */
export async function countsCommand({ sync, url, key, json }: Options): Promise<number> {
  if (!/^\d+$/.test(sync ?? '')) throw usage();
  const server = weirServer({ url, key: needed(key, '--key (or WEIR_API_KEY)') });
  const { status, streams } = await server.get<{ status: string; streams: Stream[] }>(`/syncs/${sync}`);
  for (const stream of streams) say(json ? JSON.stringify(stream) : lineOf(stream));
  if (!json) say(`Sync ${sync}: ${status}.`);
  return streams.every(addsUp) ? 0 : 1;
}

function lineOf(stream: Stream): string {
  const { name, status, read, filtered, quarantined, written } = stream;
  const sums = `${read} read ${addsUp(stream) ? '=' : 'is not'} ${filtered} filtered + ${quarantined} quarantined + ${written} staged`;
  return `${name}: ${sums}, ${status}`;
}

/** Of a stream that was not published, slices are still open. */
function addsUp({ status, read, filtered, quarantined, written }: Stream): boolean {
  return status !== 'published' || read === filtered + quarantined + written;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function usage(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'usage',
    message: 'weir counts takes the number of a sync.',
    hint: 'Such as: weir counts 17 --key weir_…',
  });
}
