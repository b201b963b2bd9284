import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Db } from '#lib/db/connect.ts';
import { JOB_NAMES } from '#lib/jobs/queue.ts';
import {
  activeSyncs,
  type ConnectionFacts,
  connectionFacts,
  deliveries,
  endedSyncs,
  heldLoads,
  livingWorkers,
  movedRecords,
  openIncidents,
  queuedJobs,
  type Span,
} from './store.ts';

/** What a scrape finds even where nothing has happened: a series that comes and goes can't be alerted on. */
const ACTIVE = ['pending', 'running', 'incomplete'];
const ENDED = ['succeeded', 'partial', 'failed', 'cancelled', 'skipped'];
const SEVERITIES = ['warning', 'critical'];
const INCIDENT_STATES = ['open', 'acknowledged'];
const DELIVERY_STATES = ['pending', 'sent', 'failed'];

export interface MetricsAnswer {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Prometheus' text of one workspace, or of all. The database is read at each scrape, so that every process of the service
 * tells the same. What has happened is told of the last 24 hours: a connection can be deleted with its syncs, and a counter
 * must not fall.
 */
export async function readMetrics({ db }: { db: Db }, span: Span): Promise<MetricsAnswer> {
  const registry = new Registry();
  const gauge = gaugesIn(registry);
  await Promise.all([
    syncGauges(gauge, db, span),
    connectionGauges(gauge, db, span),
    troubleGauges(gauge, db, span),
    serviceGauges(gauge, db, span),
  ]);
  const { contentType } = registry;
  return { contentType, text: `${await registry.metrics()}\n${await processMetrics().metrics()}` };
}

type Labels = Readonly<Record<string, string>>;
type SetGauge = (name: string, help: string, values: readonly (readonly [Labels, number | null])[]) => void;

function gaugesIn(registry: Registry): SetGauge {
  return (name, help, values) => {
    // prom-client gives a gauge without labels a zero, which is wrong where there is nothing to measure.
    if (values.length === 0) return;
    const labelNames = [...new Set(values.flatMap(([labels]) => Object.keys(labels)))];
    const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
    for (const [labels, value] of values) if (value !== null) gauge.set(labels, value);
  };
}

/** A zero for each expected label without a row. */
function filled<Row>(expected: readonly Labels[], rows: readonly Row[], of: (row: Row) => readonly [Labels, number]) {
  const found = new Map(rows.map((row) => [JSON.stringify(of(row)[0]), of(row)] as const));
  for (const labels of expected) {
    const key = JSON.stringify(labels);
    if (!found.has(key)) found.set(key, [labels, 0]);
  }
  return [...found.values()];
}

const byStatus = ({ status, n }: { status: string; n: number }) => [{ status }, n] as const;
const statuses = (names: readonly string[]) => names.map((status) => ({ status }));

async function syncGauges(gauge: SetGauge, db: Db, span: Span): Promise<void> {
  const [active, ended, moved] = await Promise.all([
    activeSyncs(db, span),
    endedSyncs(db, span),
    movedRecords(db, span),
  ]);
  gauge('weir_syncs_active', 'Syncs that wait or run.', filled(statuses(ACTIVE), active, byStatus));
  gauge('weir_syncs_ended_24h', 'Syncs that ended in the last 24 hours.', filled(statuses(ENDED), ended, byStatus));
  gauge(
    'weir_sync_duration_seconds_24h',
    'How long syncs took that ended in the last 24 hours; quantile 1 is the longest.',
    ended.flatMap(({ status, median, p95, most }) => [
      [{ status, quantile: '0.5' }, median] as const,
      [{ status, quantile: '0.95' }, p95] as const,
      [{ status, quantile: '1' }, most] as const,
    ]),
  );
  const { read = 0, filtered = 0, quarantined = 0, written = 0, bytes = 0 } = moved ?? {};
  gauge(
    'weir_records_24h',
    'Records of syncs that ended in the last 24 hours, by what became of them.',
    Object.entries({ read, filtered, quarantined, written }).map(([kind, n]) => [{ kind }, n]),
  );
  gauge('weir_bytes_24h', 'Bytes read by syncs that ended in the last 24 hours.', [[{}, bytes]]);
}

async function connectionGauges(gauge: SetGauge, db: Db, span: Span): Promise<void> {
  const rows = await connectionFacts(db, span);
  const each = (value: (facts: ConnectionFacts) => number | null) =>
    rows.map((facts) => [{ connection: facts.name, connection_id: facts.id }, value(facts)] as const);
  gauge('weir_connections_active', 'Connections that are switched on.', [[{}, rows.length]]);
  gauge(
    'weir_connection_last_success_timestamp_seconds',
    'When the last sync that succeeded ended.',
    each(({ succeeded_at }) => succeeded_at && succeeded_at.getTime() / 1000),
  );
  gauge(
    'weir_connection_last_success_duration_seconds',
    'How long the last sync that succeeded took.',
    each(({ duration_s }) => duration_s),
  );
  gauge(
    'weir_connection_freshness_target_seconds',
    'How old the data may be, where somebody has said so.',
    each(({ target_s }) => target_s),
  );
}

async function troubleGauges(gauge: SetGauge, db: Db, span: Span): Promise<void> {
  const [held, incidents, alerts] = await Promise.all([
    heldLoads(db, span),
    openIncidents(db, span),
    deliveries(db, span),
  ]);
  const expected = SEVERITIES.flatMap((severity) => INCIDENT_STATES.map((status) => ({ severity, status })));
  gauge('weir_held_loads', 'Streams whose load waits for a decision.', [[{}, held]]);
  gauge(
    'weir_incidents',
    'Incidents that are not resolved.',
    filled(expected, incidents, ({ severity, status, n }) => [{ severity, status }, n]),
  );
  gauge(
    'weir_alert_deliveries_24h',
    'Alerts of the last 24 hours, by what became of them.',
    filled(statuses(DELIVERY_STATES), alerts, byStatus),
  );
}

async function serviceGauges(gauge: SetGauge, db: Db, span: Span): Promise<void> {
  const [workers, jobs] = await Promise.all([livingWorkers(db, span), queuedJobs(db)]);
  gauge('weir_workers', 'Workers that were seen in the last 30 seconds.', [[{}, workers.n]]);
  gauge('weir_worker_tasks', 'What the workers have in hand.', [[{}, workers.running]]);
  const expected = JOB_NAMES.flatMap((queue) => ['created', 'retry', 'active'].map((state) => ({ queue, state })));
  gauge(
    'weir_queue_jobs',
    'Jobs that wait (created, retry) or are worked on (active).',
    filled(expected, jobs, ({ name, state, n }) => [{ queue: name, state }, n]),
  );
}

let ofProcess: Registry | null = null;

/** Memory, CPU, event loop and garbage collection of this process, watched from the first scrape on. */
function processMetrics(): Registry {
  if (ofProcess === null) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
