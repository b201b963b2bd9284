import { expect, test } from 'vitest';
import { createApiKey } from '#lib/access/api-keys.ts';
import { makeBucket } from '#lib/destinations/s3/fixtures/bucket.ts';
import type { FirstRows } from '#quality/first-rows.ts';
import { ADMIN } from '#tests/harness/api.ts';
import { makeConnection } from '#tests/harness/shop.ts';
import { workingApi } from '#tests/harness/working-api.ts';

const V1 = '/api/weir/v1';

/** A connection whose last sync has published a table of customers. */
async function published(rows = 2) {
  const api = await workingApi();
  const { host, port } = api.warehouse;
  const ada = api.client();
  await ada.send('POST', '/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password });
  await ada.send('POST', `${V1}/allowed-hosts`, { host, port, reason: 'test' });
  const { connectionId, destinationId } = await makeConnection(ada);
  await ada.send('PATCH', `${V1}/destinations/${destinationId}`, { config: api.warehouse });
  await api.query(
    `create table orders as select i as order_id, 'ada@example.com' as email, 'secret ' || i as note, now() as _airbyte_extracted_at
     from generate_series(1, ${rows}) i`,
  );
  const relation = JSON.stringify({ kind: 'postgres', schema: 'public', table: 'orders' });
  const [workspace] = await api.query<{ id: string }>('select id from workspace');
  const publish = () =>
    api.query(
      `with s as (insert into syncs (workspace_id, connection_id, trigger, status, finished_at, attempts)
           select workspace_id, id, 'manual', 'succeeded', now(), 1 from connection where id = $1 returning id, workspace_id)
       insert into sync_stream (sync_id, workspace_id, name, status, published_at, relation)
         select id, workspace_id, 'orders', 'published', now(), $2 from s`,
      [connectionId, relation],
    );
  const look = (stream = 'orders') => ada.get<FirstRows>(`${V1}/connections/${connectionId}/rows?stream=${stream}`);
  return { ...api, ada, connectionId, destinationId, workspaceId: workspace?.id ?? '', publish, look };
}

test('some rows are shown with their columns, what is personal masked, Weir’s own columns left out', async () => {
  const { ada, connectionId, destinationId, publish, look, query } = await published();
  expect(await look()).toMatchObject({ status: 422, body: { error: { code: 'not_published' } } });
  await publish();
  const { body } = await look();
  expect(body).toEqual({
    columns: [
      { name: 'order_id', type: 'integer', personal: false },
      { name: 'email', type: 'text', personal: true },
      { name: 'note', type: 'text', personal: false },
    ],
    rows: [
      { order_id: 1, email: '••••', note: 'secret 1' },
      { order_id: 2, email: '••••', note: 'secret 2' },
    ],
    more: false,
  });
  // A suite of the table says what else is personal; one of another table says nothing here.
  const suite = (name: string, text: string) =>
    ada.send('POST', `${V1}/suites`, { name, text, destinationId, connectionId: null });
  await suite('orders', 'dataset: orders\npersonal: [note]\nvolume: [{ min_rows: 1 }]\n');
  await suite('people', 'dataset: people\nnot_personal: [email]\nvolume: [{ min_rows: 1 }]\n');
  expect((await look()).body.rows[0]).toEqual({ order_id: 1, email: '••••', note: '••••' });
  const subjects = await query<{ subject: string }>("select subject from audit_entry where action = 'rows.show'");
  expect(subjects[0]?.subject).toBe(`rows:${connectionId}/orders`);
  const { body: timeline } = await ada.get<{ action?: string }[]>(`${V1}/connections/${connectionId}/timeline`);
  expect(timeline.map(({ action }) => action)).not.toContain('rows.show');
});

test('twenty are shown of more, to viewers too; a table that is gone is told by its name', async () => {
  const { look, publish, query, context, workspaceId, client, connectionId } = await published(21);
  await publish();
  const { body } = await look();
  expect(body.rows).toHaveLength(20);
  expect(body.more).toBe(true);
  const { secret } = await createApiKey(context, workspaceId, { name: 'viewer', role: 'viewer' });
  const seen = await client().get<FirstRows>(`${V1}/connections/${connectionId}/rows?stream=orders`, {
    authorization: `Bearer ${secret}`,
  });
  expect(seen.body.rows[0]?.email).toBe('••••');
  await query('drop table orders');
  expect(await look()).toMatchObject({
    status: 422,
    body: { error: { code: 'table_missing', message: expect.stringMatching(/no table orders/) } },
  });
  expect(await look('')).toMatchObject({ status: 400 });
});

test('the place of the rows and lines to look at them are told without a secret', async () => {
  const { ada, connectionId, publish, warehouse } = await published();
  const places = () => ada.get<object[]>(`${V1}/connections/${connectionId}/places`);
  expect((await places()).body).toEqual([]);
  await publish();
  const { body } = await places();
  const { host, port, username, database, password } = warehouse;
  expect(body).toMatchObject([
    {
      name: 'orders',
      place: 'public.orders',
      lines: [
        {
          tool: 'psql',
          text: `psql -h ${host} -p ${port} -U ${username} -d ${database} -c 'select * from "public"."orders" limit 20'`,
        },
        { tool: 'SQL', text: 'select * from "public"."orders" limit 20;' },
      ],
    },
  ]);
  expect(JSON.stringify(body)).not.toContain(`${password}@`);
});

test('of a bucket the newest file is looked into, and DuckDB is told all of them', async () => {
  const { ada, connectionId, publish, look, query } = await published();
  const bucket = await makeBucket();
  const store = await bucket.store();
  await store.put('shop/orders/1.jsonl', '{"id":1,"email":"ada@example.com"}\n');
  await store.put('shop/orders/2.jsonl', '{"id":2,"email":"bob@example.com"}\n{"id":3,"email":null}\n');
  store.close();
  const { hostname: host, port } = new URL(String(bucket.config.s3_endpoint));
  await ada.send('POST', `${V1}/allowed-hosts`, { host, port: Number(port), reason: 'test' });
  const made = await ada.send<{ id: string }>('POST', `${V1}/destinations`, {
    ...{ name: 'Lake', type: 's3', config: bucket.config },
  });
  await query('update connection set destination_id = $1 where id = $2', [made.body.id, connectionId]);
  await publish();
  const files = ['1', '2'].map((part) => `s3://datalake/shop/orders/${part}.jsonl`);
  await query("update sync_stream set relation = $1 where name = 'orders'", [
    JSON.stringify({ kind: 'parquet', files }),
  ]);
  expect((await look()).body).toEqual({
    columns: [
      { name: 'id', type: 'BIGINT', personal: false },
      { name: 'email', type: 'VARCHAR', personal: true },
    ],
    rows: [
      { id: '2', email: '••••' },
      { id: '3', email: null },
    ],
    // Those of the other file.
    more: true,
  });
  const { body } = await ada.get<{ place: string; lines: { text: string }[] }[]>(
    `${V1}/connections/${connectionId}/places`,
  );
  expect(body[0]?.place).toBe('s3://datalake/shop/orders/');
  expect(body[0]?.lines.at(-1)?.text).toBe('s3://datalake/shop/orders/*.jsonl');
});
