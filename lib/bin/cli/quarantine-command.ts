import { WeirError } from '#lib/errors.ts';
import type { Quarantine } from '#lib/sync/quarantine.ts';
import { connectionId } from './connection-id.ts';
import { needed } from './inputs.ts';
import { weirServer } from './pipelines/server.ts';

const VERBS = ['list', 'replay', 'forget'];

interface Options {
  /** `replay "Shop to warehouse"` */
  readonly words: readonly string[];
  /** Where Weir runs. */
  readonly url: string;
  readonly key: string | undefined;
  /** Tables to replay, all when absent; or to forget. */
  readonly tables: readonly string[] | undefined;
  readonly json: boolean;
}

/** `quarantine`: shows what was put aside for a connection, loads it again, or forgets all of some tables, through the API of a running Weir. */
export async function quarantineCommand({ words: [verb, name], url, key, tables, json }: Options): Promise<number> {
  if (!VERBS.includes(verb ?? '') || name === undefined || (verb === 'forget' && !tables)) throw usage();
  const server = weirServer({ url, key: needed(key, '--key (or WEIR_API_KEY)') });
  const id = await connectionId(server, name);
  if (verb === 'replay') {
    const body = tables ? { tables } : {};
    const { syncId } = await server.send<{ syncId: number }>('POST', `/connections/${id}/quarantine/replay`, body);
    say(`Sync ${syncId} loads the quarantine of ${name} again.`);
    return 0;
  }
  if (verb === 'forget') {
    const { forgotten } = await server.send<{ forgotten: number }>('POST', `/connections/${id}/quarantine/forget`, {
      tables,
    });
    say(`${forgotten} ${forgotten === 1 ? 'row' : 'rows'} of ${tables?.join(', ')} forgotten.`);
    return 0;
  }
  const { counts, rows } = await server.get<Quarantine>(`/connections/${id}/quarantine?limit=200`);
  for (const row of rows) say(json ? JSON.stringify(row) : lineOf(row));
  if (!json)
    say(counts.length === 0 ? 'Nothing was put aside.' : counts.map((one) => `${one.table}: ${one.rows}`).join(', '));
  return 0;
}

function lineOf({ table, syncId, page, row, code, reason, record }: Quarantine['rows'][number]): string {
  return `${table}  sync ${syncId}, page ${page}, row ${row}  ${code}: ${reason}  ${record.slice(0, 120)}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function usage(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'usage',
    message:
      'weir quarantine takes list, replay or forget, and the name of a connection; forget takes the tables by --stream.',
    hint: 'Such as: weir quarantine replay "Shop to warehouse" --key weir_…',
  });
}
