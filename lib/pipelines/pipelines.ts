import { sql } from 'kysely';
import type { Db } from '#lib/db/connect.ts';
import type { SyncStatus } from '#lib/db/schema.ts';

/** A pipeline from its sync to its training, as whoever answers for it asks: what ran last, and did it work? */
export interface Pipeline {
  readonly id: string;
  readonly name: string;
  readonly owner: string | null;
  readonly sync: {
    readonly lastRun: Date | null;
    /** Null before the first sync. */
    readonly status: SyncStatus | null;
    /** Why it failed, such as `load_held` where it waits for a decision. */
    readonly failureCode: string | null;
    readonly records: number;
    readonly durationMinutes: number | null;
    readonly nextRun: Date | null;
  };
  /** Null where dbt has not reported. */
  readonly dbt: {
    readonly lastRun: Date;
    readonly status: 'success' | 'error';
    readonly modelsRun: number;
    readonly testsPassed: number;
    readonly testsFailed: number;
  } | null;
  /** Null where nothing is checked. */
  readonly quality: {
    readonly checks: number;
    readonly passed: number;
    readonly failed: number;
    /** What the worst check that did not pass says. */
    readonly warning: string | null;
  } | null;
  /** Null where no training has reported. */
  readonly training: {
    readonly lastRun: Date;
    readonly modelVersion: string;
    readonly accuracy: number | null;
    readonly status: string;
  } | null;
}

/** Every connection of the workspace with what follows it, by name. */
export async function listPipelines({ db }: { db: Db }, workspaceId: string): Promise<Pipeline[]> {
  const { rows } = await sql<Row>`
    select c.id, c.name, c.owner, c.next_due as "nextRun",
      last.status, last.failure->>'code' as "failureCode", coalesce(last.started_at, last.created_at) as "lastRun",
      extract(epoch from last.finished_at - last.started_at)::float8 / 60 as minutes,
      coalesce((select sum(t.written) from sync_stream t where t.sync_id = last.id), 0)::float8 as records,
      models.generated_at as "modelsAt", models.status as "modelsStatus", models.models_run as "modelsRun",
      tests.generated_at as "testsAt", tests.status as "testsStatus",
      tests.tests_passed as "testsPassed", tests.tests_failed as "testsFailed",
      checks.total as checks, checks.passed, checks.failed, checks.warning,
      training.finished_at as "trainedAt", training.model_version as "modelVersion", training.accuracy,
      training.status as "trainingStatus"
    from connection c
    left join lateral (
      select id, status, failure, created_at, started_at, finished_at from syncs
      where connection_id = c.id and status <> 'skipped' order by id desc limit 1
    ) last on true
    left join lateral (
      select * from dbt_report d where d.connection_id = c.id and (d.models_run > 0 or d.models_failed > 0)
      order by generated_at desc limit 1
    ) models on true
    left join lateral (
      select * from dbt_report d
      where d.connection_id = c.id and d.tests_passed + d.tests_failed + d.tests_warned > 0
      order by generated_at desc limit 1
    ) tests on true
    left join lateral (
      select count(r.id)::int as total, count(*) filter (where r.outcome = 'pass')::int as passed,
        count(*) filter (where r.outcome in ('fail', 'error'))::int as failed,
        (array_agg(r.title || ': ' || r.message order by array_position(array['fail', 'error', 'warn'], r.outcome), r.id)
          filter (where r.outcome <> 'pass'))[1] as warning
      from suite s
      join lateral (
        select id from check_run where suite_id = s.id and finished_at is not null and trigger not in ('gate', 'backfill')
        order by id desc limit 1
      ) run on true
      join check_result r on r.run_id = run.id
      where s.connection_id = c.id
    ) checks on true
    left join lateral (
      select * from training_report where connection_id = c.id order by finished_at desc, id desc limit 1
    ) training on true
    where c.workspace_id = ${workspaceId}
    order by c.name`.execute(db);
  return rows.map(toPipeline);
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly owner: string | null;
  readonly nextRun: Date | null;
  readonly status: SyncStatus | null;
  readonly failureCode: string | null;
  readonly lastRun: Date | null;
  readonly minutes: number | null;
  readonly records: number;
  readonly modelsAt: Date | null;
  readonly modelsStatus: 'success' | 'error' | null;
  readonly modelsRun: number | null;
  readonly testsAt: Date | null;
  readonly testsStatus: 'success' | 'error' | null;
  readonly testsPassed: number | null;
  readonly testsFailed: number | null;
  readonly checks: number | null;
  readonly passed: number | null;
  readonly failed: number | null;
  readonly warning: string | null;
  readonly trainedAt: Date | null;
  readonly modelVersion: string | null;
  readonly accuracy: number | null;
  readonly trainingStatus: string | null;
}

function toPipeline(row: Row): Pipeline {
  const { id, name, owner, status, failureCode, lastRun, records, minutes, nextRun } = row;
  return {
    ...{ id, name, owner },
    sync: {
      lastRun,
      status,
      failureCode,
      records,
      durationMinutes: minutes === null ? null : Math.round(minutes * 10) / 10,
      nextRun,
    },
    dbt: dbtOf(row),
    quality: row.checks
      ? { checks: row.checks, passed: row.passed ?? 0, failed: row.failed ?? 0, warning: row.warning }
      : null,
    training:
      row.trainedAt === null
        ? null
        : {
            lastRun: row.trainedAt,
            modelVersion: row.modelVersion ?? '',
            accuracy: row.accuracy,
            status: row.trainingStatus ?? '',
          },
  };
}

/** `dbt run` and `dbt test` leave a file each: models are counted from the one, tests from the other. */
function dbtOf({ modelsAt, modelsStatus, testsAt, testsStatus, ...row }: Row): Pipeline['dbt'] {
  const at = [modelsAt, testsAt].filter((each) => each !== null).toSorted((a, b) => b.getTime() - a.getTime())[0];
  if (!at) return null;
  return {
    lastRun: at,
    status: modelsStatus === 'error' || testsStatus === 'error' ? 'error' : 'success',
    modelsRun: row.modelsRun ?? 0,
    testsPassed: row.testsPassed ?? 0,
    testsFailed: row.testsFailed ?? 0,
  };
}
