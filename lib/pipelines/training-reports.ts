import type { Db } from '#lib/db/connect.ts';
import { type Issue, WeirError } from '#lib/errors.ts';

/** What a training pipeline tells of a run, in its own words. */
export interface TrainingInput {
  readonly model_version: string;
  /** Null where it did not come so far. */
  readonly accuracy?: number | null;
  readonly status: string;
  readonly finished_at: string;
}

const TEXT_LENGTH = 200;
/** Whatever the pipeline calls it, these words say that it did not work. */
const FAILED = /fail|error|abort|crash|reject/i;

export function hasFailed(status: string): boolean {
  return FAILED.test(status);
}

/** @throws WeirError `invalid_input` with all that is wrong */
export async function saveTrainingReport(
  tx: Db,
  of: { readonly workspaceId: string; readonly connectionId: string; readonly reportedBy: string },
  { model_version, accuracy = null, status, finished_at }: TrainingInput,
): Promise<{ id: number }> {
  const finishedAt = new Date(finished_at);
  const isText = (text: string) => text.trim() !== '' && text.length <= TEXT_LENGTH;
  const issues: Issue[] = [
    ...(isText(model_version) ? [] : [{ path: 'model_version', message: `A text of 1 to ${TEXT_LENGTH} characters.` }]),
    ...(accuracy === null || Number.isFinite(accuracy) ? [] : [{ path: 'accuracy', message: 'A number.' }]),
    ...(isText(status) ? [] : [{ path: 'status', message: 'A word, such as succeeded or failed.' }]),
    ...(Number.isNaN(finishedAt.getTime())
      ? [{ path: 'finished_at', message: 'A point in time, with its zone.' }]
      : []),
  ];
  if (issues.length > 0)
    throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'The report was not taken.', issues });
  return tx
    .insertInto('training_report')
    .values({
      ...{ workspace_id: of.workspaceId, connection_id: of.connectionId, reported_by: of.reportedBy },
      ...{ model_version: model_version.trim(), accuracy, status: status.trim(), finished_at: finishedAt },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
}
