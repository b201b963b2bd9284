import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { connectDatabase } from '#lib/db/connect.ts';
import { migrate } from '#lib/db/migrate.ts';
import { language } from '#lib/extract/kinds.ts';
import { parseManifest } from '#lib/manifest/parse-manifest.ts';
import { ordersManifest } from '../postgres/manifest.ts';
import { ORDER_SCHEMA } from '../postgres/records.ts';
import { bundled } from '../process.ts';
import type { Bench } from '../row.ts';

/** A running worker over a service of its own, with connections from the API into one warehouse. */
export interface BenchService {
  readonly connectionIds: readonly string[];
  readonly query: <Row>(text: string, values?: unknown[]) => Promise<Row[]>;
  /** The warehouse, not the service's own database. */
  readonly warehouse: pg.Pool;
  stop(): Promise<void>;
}

const READY_MS = 15_000;

/** As `npm start` runs it, without the pages: the bundled child, one worker, its queue and its clock. */
export async function startService(bench: Bench, api: string, connections: number): Promise<BenchService> {
  const [own, target] = [await bench.database(), await bench.database()];
  const db = connectDatabase(own, { maxConnections: 2, name: 'bench' });
  await migrate(db);
  await db.destroy();
  // Where a row fails, the bench's server ends before its pools do, and the row's error is the one to show.
  const pool = new pg.Pool({ connectionString: own, max: 2 }).on('error', () => undefined);
  const connectionIds = await insertConnections(pool, { api, target, connections });
  const worker = await startWorker(bench, own);
  const warehouse = new pg.Pool({ connectionString: target, max: 2 }).on('error', () => undefined);
  return {
    connectionIds,
    query: async (text, values) => (await pool.query(text, values)).rows,
    warehouse,
    async stop() {
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      worker.kill('SIGTERM');
      await ended;
      await Promise.all([pool.end(), warehouse.end()]);
    },
  };
}

async function insertConnections(
  pool: pg.Pool,
  { api, target, connections }: { api: string; target: string; connections: number },
): Promise<string[]> {
  const { manifest } = parseManifest(ordersManifest(api), language);
  const { hostname, port, username, password, pathname } = new URL(target);
  const config = {
    host: hostname,
    port: Number(port),
    username,
    password,
    database: pathname.slice(1),
    schema: 'public',
  };
  const stream = {
    stream: {
      ...{ name: 'orders', jsonSchema: ORDER_SCHEMA, supportedSyncModes: ['full_refresh', 'incremental'] },
      ...{ sourceDefinedCursor: true, defaultCursorField: ['updated_at'], sourceDefinedPrimaryKey: [['id']] },
    },
    ...{ syncMode: 'full_refresh', destinationSyncMode: 'overwrite_dedup', cursorField: [], primaryKey: [['id']] },
  };
  const apiUrl = new URL(api);
  const { rows } = await pool.query<{ id: string }>(
    `with w as (insert into workspace (name) values ('Bench') returning id),
       h as (insert into allowed_host (workspace_id, host, port)
         select w.id, x.host, x.port from w, (values ($1, $2::int), ($3, $4::int)) x (host, port) returning 1),
       c as (insert into connector (workspace_id, name) select id, 'Orders' from w returning id),
       v as (insert into connector_version (workspace_id, connector_id, version, manifest, compiled)
         select w.id, c.id, 1, '', $5 from w, c returning 1),
       s as (insert into source (workspace_id, connector_id, name, config) select w.id, c.id, 'Orders', '{}' from w, c returning id),
       d as (insert into destination (workspace_id, type, name, config) select id, 'postgres', 'Warehouse', $6 from w returning id),
       n as (insert into connection (workspace_id, name, source_id, destination_id, prefix)
         select w.id, 'bench ' || i, s.id, d.id, 'c' || i || '_' from w, s, d, generate_series(1, $7::int) i returning id, workspace_id),
       t as (insert into connection_stream (connection_id, workspace_id, name, position, configured)
         select id, workspace_id, 'orders', 0, $8 from n returning 1)
     select id from n`,
    [
      ...[apiUrl.hostname, Number(apiUrl.port), config.host, config.port],
      ...[JSON.stringify(manifest), JSON.stringify(config), connections, JSON.stringify(stream)],
    ],
  );
  return rows.map(({ id }) => id);
}

/** The child from one file, as the build makes it. */
async function startWorker(bench: Bench, databaseUrl: string): Promise<ChildProcess> {
  const root = path.resolve(import.meta.dirname, '../..');
  await bundled(path.join(root, 'lib/bin/child.ts'), path.join(root, 'dist'));
  const worker = spawn(process.execPath, [path.join(root, 'lib/bin/worker.ts')], {
    cwd: root,
    env: {
      ...process.env,
      ...{ DATABASE_URL: databaseUrl, WEIR_DATA_DIR: mkdtempSync(path.join(bench.folder, 'service-')) },
      ...{ WEIR_LOG_LEVEL: 'warn', WEIR_DEV: '' },
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the worker did not start')), READY_MS);
    worker.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
    worker.once('message', () => {
      clearTimeout(late);
      resolve();
    });
  });
  return worker;
}

/** Every sync is over; gives milliseconds from its due time to the start of its attempt and to its end. */
export async function finishedSyncs(
  { query }: BenchService,
  count: number,
  mostMs: number,
): Promise<{ waitMs: number; totalMs: number; status: string }[]> {
  const until = Date.now() + mostMs;
  for (;;) {
    const rows = await query<{ wait: number; total: number; status: string }>(
      `select extract(epoch from started_at - due_at) * 1000 as wait, extract(epoch from finished_at - due_at) * 1000 as total, status
       from syncs where finished_at is not null order by id`,
    );
    if (rows.length >= count || Date.now() > until)
      return rows.map(({ wait, total, status }) => ({ waitMs: Number(wait), totalMs: Number(total), status }));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
