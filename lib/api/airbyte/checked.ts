import { failureText, toFailure, WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { type Call, epochSeconds } from './call.ts';
import { synchronousJob } from './synchronous-job.ts';

/** The answer to a check. What the other side refuses is an answer, too; only what is not there is an error. */
export async function checked(
  { context }: Call,
  kind: 'check_source' | 'check_destination',
  ask: () => Promise<JsonObject>,
): Promise<JsonObject> {
  const configType = kind === 'check_source' ? 'check_connection_source' : 'check_connection_destination';
  const job = (succeeded: boolean) => synchronousJob(configType, epochSeconds(context.clock()), succeeded);
  try {
    const { ok, message } = await ask();
    return { status: ok === true ? 'succeeded' : 'failed', message: String(message ?? ''), jobInfo: job(true) };
  } catch (error) {
    if (!(error instanceof WeirError) || ['not_found', 'invalid_input', 'no_answer'].includes(error.code)) throw error;
    return { status: 'failed', message: failureText(toFailure(error)), jobInfo: job(true) };
  }
}
