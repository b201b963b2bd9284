import { WeirError } from '#lib/errors.ts';
import { connectionId } from './connection-id.ts';
import { needed } from './inputs.ts';
import { weirServer } from './pipelines/server.ts';

interface Options {
  readonly command: string;
  /** Name or id of a connection. */
  readonly connection: string | undefined;
  readonly url: string;
  readonly key: string | undefined;
  readonly streams: readonly string[];
  readonly keepHistory: boolean;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** `refresh` and `backfill`: starts a sync that does so in place of the usual, through the API of a running Weir. */
export async function streamCommand(options: Options): Promise<number> {
  const { command, connection, url, key, streams } = options;
  const name = needed(connection, `A connection (weir ${command} "Shop to warehouse")`);
  const server = weirServer({ url, key: needed(key, '--key (or WEIR_API_KEY)') });
  const body = command === 'refresh' ? refreshBody(options) : backfillBody(options);
  const id = await connectionId(server, name);
  const { syncId } = await server.send<{ syncId: number }>('POST', `/connections/${id}/${command}`, body);
  const what = streams.length > 0 ? `${streams.join(', ')} of ${name}` : name;
  process.stdout.write(`Sync ${syncId} ${command === 'refresh' ? 'refreshes' : 'backfills'} ${what}.\n`);
  return 0;
}

function refreshBody({ streams, keepHistory }: Options) {
  return { keepHistory, ...(streams.length > 0 && { streams: streams.map((name) => ({ name })) }) };
}

function backfillBody({ streams, from, to }: Options) {
  const [name, ...others] = streams;
  if (name === undefined || others.length > 0) throw oneStream();
  return { stream: { name }, from: needed(from, '--from'), to: to ?? null };
}

function oneStream(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'usage',
    message: 'weir backfill takes one stream.',
    hint: 'Such as: weir backfill "Shop to warehouse" --stream orders --from 2026-01-01 --to 2026-01-31',
  });
}
