/** `floor API DATABASE SCHEMA`: the least that does this work: fetch, parse, COPY, upsert, and nothing else. */
import { once } from 'node:events';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { request } from 'undici';
import { startMeasuring } from '../measure.ts';

const [api = '', database = '', schema = ''] = process.argv.slice(2);
const COLUMNS = 'id, name, email, active, amount, updated_at, address, items';
const measured = startMeasuring();
const client = new pg.Client({ connectionString: database });
await client.connect();
await client.query(`
  create schema ${schema};
  create table ${schema}.orders (id bigint primary key, name varchar, email varchar, active boolean, amount numeric,
    updated_at timestamptz, address jsonb, items jsonb);
  create temporary table incoming (like ${schema}.orders)`);
const copy = client.query(copyFrom(`copy incoming (${COLUMNS}) from stdin`));
for (let page = 1; ; page++) {
  const { body } = await request(`${api}/orders?page=${page}`);
  const { data } = JSON.parse(await body.text()) as { data: Record<string, unknown>[] };
  if (data.length > 0 && !copy.write(data.map(line).join(''))) await once(copy, 'drain');
  if (data.length < 1_000) break;
}
const done = once(copy, 'finish');
copy.end();
await done;
await client.query(`
  insert into ${schema}.orders (${COLUMNS}) select distinct on (id) ${COLUMNS} from incoming order by id, updated_at desc
  on conflict (id) do update set name = excluded.name, email = excluded.email, active = excluded.active,
    amount = excluded.amount, updated_at = excluded.updated_at, address = excluded.address, items = excluded.items`);
await client.end();
process.stdout.write(`${JSON.stringify(measured())}\n`);

function line(record: Record<string, unknown>): string {
  const { id, name, email, active, amount, updated_at: updatedAt, address, items } = record;
  return `${id}\t${text(name)}\t${text(email)}\t${active}\t${amount}\t${updatedAt}\t${text(JSON.stringify(address))}\t${text(JSON.stringify(items))}\n`;
}

function text(value: unknown): string {
  const plain = String(value);
  return /[\\\t\n\r]/.test(plain)
    ? plain.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
    : plain;
}
