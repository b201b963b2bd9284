import pg from 'pg';

/** Syncs that each of the connections has behind it, one an hour. */
const SYNCS_EACH = 100;
/** Each tenth sync failed, by connection: some fail always, most never. */
const FAILING_SHARE = 0.1;

/** Fills the first workspace with connections and their past: two streams per sync, a suite of checks for every fourth. */
export async function seed(databaseUrl: string, connections: number): Promise<{ syncs: number }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(CONNECTIONS, [connections]);
    await client.query(SYNCS, [SYNCS_EACH, FAILING_SHARE]);
    await client.query(STREAMS);
    await client.query(CHECKS);
    await client.query('analyze');
    return { syncs: connections * SYNCS_EACH };
  } finally {
    await client.end();
  }
}

const CONNECTIONS = `
with w as (select id from workspace limit 1),
  c as (insert into connector (workspace_id, name) select id, 'Shop' from w returning id),
  s as (insert into source (workspace_id, connector_id, name, config)
    select w.id, c.id, 'Shop ' || n, '{}' from w, c, generate_series(1, 20) n returning id),
  d as (insert into destination (workspace_id, type, name, config)
    select w.id, 'postgres', 'Warehouse ' || n, '{}' from w, generate_series(1, 5) n returning id),
  sources as (select id, row_number() over () as n from s),
  destinations as (select id, row_number() over () as n from d)
insert into connection (workspace_id, name, source_id, destination_id, schedule, next_due, prefix)
select w.id, 'pipeline_' || i, s.id, d.id, '{"type":"hourly","every":1,"timeZone":"Europe/Berlin"}', now() + interval '30 days', i || '_'
from w, generate_series(1, $1::int) i join sources s on s.n = i % 20 + 1 join destinations d on d.n = i % 5 + 1`;

/** In the order of time, as they come to be: the highest number is the newest. */
const SYNCS = `
insert into syncs (workspace_id, connection_id, trigger, status, started_at, finished_at, attempts, created_at, failure)
select workspace_id, id, 'schedule', case when fails then 'failed' else 'succeeded' end, at, at + interval '40 seconds', 1, at,
  case when fails then '{"kind":"transient","code":"http_503","message":"The shop answered 503."}'::jsonb end
from (
  select c.workspace_id, c.id, now() - make_interval(mins => 5) - make_interval(hours => n) as at,
    mod(hashtext(c.name)::bigint & 2147483647, 100) < $2::float8 * 100 and n < 3 as fails
  from connection c, generate_series(0, $1::int - 1) n
) past order by at`;

const STREAMS = `
insert into sync_stream (sync_id, workspace_id, name, status, read, written, bytes, pages, started_at, finished_at, published_at)
select id, workspace_id, name, case when status = 'failed' then 'failed' else 'published' end, 1000, 1000, 100000, 10, started_at, finished_at,
  case when status = 'succeeded' then finished_at end
from syncs, (values ('orders'), ('customers')) t (name)`;

const CHECKS = `
with suite as (
  insert into suite (workspace_id, name, text, connection_id, destination_id)
  select workspace_id, 'Checks of ' || name, '', id, destination_id from connection where substr(name, 10)::int % 4 = 0
  returning id, workspace_id, connection_id
), run as (
  insert into check_run (workspace_id, suite_id, sync_id, trigger, started_at, finished_at)
  select s.workspace_id, s.id, y.id, 'sync', y.finished_at, y.finished_at from suite s join syncs y using (connection_id)
  returning id, workspace_id, suite_id, finished_at
)
insert into check_result (workspace_id, run_id, suite_id, key, kind, title, level, outcome, message, measured_at)
select workspace_id, id, suite_id, key, 'completeness', key, 'error', case when id % 50 = 0 then 'fail' else 'pass' end, '', finished_at
from run, (values ('filled'), ('fresh'), ('unique'), ('enough')) k (key)`;
