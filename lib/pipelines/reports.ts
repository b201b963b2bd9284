import type { Db } from '#lib/db/connect.ts';
import { WeirError } from '#lib/errors.ts';
import type { DbtReport } from './dbt-results.ts';

export interface Reports {
  /** Newest first. */
  readonly dbt: readonly (Omit<DbtReport, 'invocationId'> & {
    readonly id: number;
    readonly commandRunId: number | null;
  })[];
  readonly training: readonly {
    readonly id: number;
    readonly modelVersion: string;
    readonly accuracy: number | null;
    readonly status: string;
    readonly finishedAt: Date;
    readonly reportedBy: string | null;
  }[];
}

const MOST_LISTED = 20;

/** What dbt and trainings have reported of a connection. @throws WeirError `not_found` */
export async function listReports({ db }: { db: Db }, workspaceId: string, connectionId: string): Promise<Reports> {
  await assertConnection(db, workspaceId, connectionId);
  const dbt = await db
    .selectFrom('dbt_report')
    .select(['id', 'command_run_id as commandRunId', 'generated_at as generatedAt', 'elapsed_s as elapsedS', 'status'])
    .select(['models_run as modelsRun', 'models_failed as modelsFailed', 'tests_passed as testsPassed'])
    .select(['tests_failed as testsFailed', 'tests_warned as testsWarned', 'problems'])
    .where('connection_id', '=', connectionId)
    .orderBy('generated_at', 'desc')
    .limit(MOST_LISTED)
    .execute();
  const training = await db
    .selectFrom('training_report')
    .select(['id', 'model_version as modelVersion', 'accuracy', 'status', 'finished_at as finishedAt'])
    .select(['reported_by as reportedBy'])
    .where('connection_id', '=', connectionId)
    .orderBy('finished_at', 'desc')
    .orderBy('id', 'desc')
    .limit(MOST_LISTED)
    .execute();
  return { dbt, training };
}

export async function assertConnection(db: Db, workspaceId: string, connectionId: string): Promise<void> {
  const row = await db
    .selectFrom('connection')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', connectionId)
    .executeTakeFirst();
  if (row) return;
  const hint = 'It may have been deleted.';
  throw new WeirError({ kind: 'config', code: 'not_found', message: 'There is no such connection.', hint });
}
