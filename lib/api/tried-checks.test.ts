import { expect, test } from 'vitest';
import { ADMIN } from '#tests/harness/api.ts';
import { workingApi } from '#tests/harness/working-api.ts';

const V1 = '/api/weir/v1';

interface Answer {
  readonly results: {
    readonly title: string;
    readonly outcome: string;
    readonly message: string;
    readonly samples: object[];
  }[];
}

async function withOrders() {
  const api = await workingApi();
  await api.query(
    "create table orders (id int, email text, total numeric(12,2)); insert into orders values (1, 'a@x.de', 5), (2, null, 7)",
  );
  const ada = api.client();
  await ada.send('POST', '/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password });
  const { host, port } = api.warehouse;
  await ada.send('POST', `${V1}/allowed-hosts`, { host, port, reason: 'test' });
  const made = await ada.send<{ id: string }>('POST', `${V1}/destinations`, {
    ...{ name: 'Warehouse', type: 'postgres', config: api.warehouse },
  });
  const destinationId = made.body.id;
  const tried = (body: object) => ada.send<Answer>('POST', `${V1}/suites/try`, { destinationId, ...body });
  return { ...api, ada, destinationId, tried };
}

test('one check of a text that is not saved is measured, with rows that fail, and nothing is kept of it', async () => {
  const { tried, query } = await withOrders();
  const text = `dataset: orders
completeness: [{ column: email, level: block }]
volume: [{ min_row: 1 }]
`;
  const { status, body } = await tried({
    text: text.replace('min_row:', 'min_rows:'),
    check: 'orders / completeness / email',
  });
  expect(status).toBe(200);
  expect(body.results).toMatchObject([
    { outcome: 'fail', message: 'email is 50% filled, limit 100%', level: 'block', samples: [{ id: 2, email: null }] },
  ]);
  // A mistake elsewhere hinders nothing, but what is personal is no longer sure.
  const wrong = await tried({ text, check: 'orders: completeness, email' });
  expect(wrong.body.results).toMatchObject([{ outcome: 'fail', samples: [] }]);
  expect(await query('select 1 from check_run union all select 1 from check_result')).toEqual([]);
});

test('all checks are tried together; what can’t be is told with its line, or by name', async () => {
  const { tried } = await withOrders();
  const all = await tried({
    text: 'dataset: orders\nvolume: [{ min_rows: 1 }]\nuniqueness: [{ unique_columns: [id] }]\n',
  });
  expect(all.body.results.map(({ outcome }) => outcome)).toEqual(['pass', 'pass']);
  expect(await tried({ text: 'dataset: orders\nvolum: []\n' })).toMatchObject({
    status: 422,
    body: { error: { message: 'Nothing was measured.' }, issues: [{ line: 2 }] },
  });
  expect(await tried({ text: 'dataset: orders\nvolume: [{ min_rows: 1 }]\n', check: 'freshness' })).toMatchObject({
    status: 422,
    body: { error: { code: 'no_such_check', hint: 'There are: orders: volume, rows.' } },
  });
  const missing = await tried({ text: 'dataset: order\nvolume: [{ min_rows: 1 }]\n' });
  expect(missing.body.results).toMatchObject([{ outcome: 'error', message: /Did you mean orders\?/ }]);
});

test('a saved suite’s history is what a try compares with', async () => {
  const { ada, destinationId, tried, query, context } = await withOrders();
  const text = 'dataset: orders\nvolume: [{ max_change_pct: 10 }]\n';
  const { body } = await ada.send<{ id: string }>('POST', `${V1}/suites`, { name: 'orders', text, destinationId });
  const { runId } = (await ada.send<{ runId: number }>('POST', `${V1}/suites/${body.id}/run`)).body;
  while ((await query('select 1 from check_run where id = $1 and finished_at is not null', [runId])).length === 0)
    await context.db.selectFrom('workspace').select('id').execute();
  await query('insert into orders select i from generate_series(3, 9) i');
  expect((await tried({ text })).body.results).toMatchObject([{ outcome: 'pass' }]);
  expect((await tried({ text, suiteId: body.id })).body.results).toMatchObject([
    { outcome: 'fail', message: expect.stringMatching(/\+350% against the load before/) },
  ]);
});

test('the tables that a suite can name are listed with their columns and types', async () => {
  const { ada, destinationId } = await withOrders();
  const { body } = await ada.get<{ table: string; columns: { name: string; type: string }[] }[]>(
    `${V1}/destinations/${destinationId}/tables`,
  );
  expect(body.find(({ table }) => table === 'orders')?.columns).toEqual([
    { name: 'id', type: 'integer' },
    { name: 'email', type: 'text' },
    { name: 'total', type: 'numeric(12,2)' },
  ]);
  expect(body.some(({ table }) => table.startsWith('pgboss.'))).toBe(true);
  expect(body.some(({ table }) => /^(pg_catalog|information_schema|_weir)\./.test(table))).toBe(false);
});
