import { type Failure, toFailure, WeirError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';

/** Codes with a status of their own; the rest follow their kind. */
const STATUS_OF_CODE: Record<string, number> = {
  bad_request: 400,
  not_signed_in: 401,
  wrong_password: 401,
  not_allowed: 403,
  foreign_origin: 403,
  not_found: 404,
  wrong_method: 405,
  already_set_up: 409,
  last_workspace: 409,
  in_use: 409,
  load_held: 409,
  name_taken: 409,
  newer_version: 409,
  newer_draft: 409,
  newer_suite: 409,
  not_held: 409,
  sync_running: 409,
  in_progress: 409,
  connection_inactive: 409,
  unknown_source_type: 400,
  invalid_cron: 400,
  too_large: 413,
  state_in_use: 423,
  too_many_tries: 429,
  disk_full: 507,
};
const STATUS_OF_KIND = { config: 422, transient: 503, terminal: 422, bug: 500 } as const;

/** An error as the API answers it: `{ error, issues? }`. What is our own fault goes to the log, not to the caller. */
export function failureResponse(error: unknown, log: Log): Response {
  const failure = toFailure(error);
  const issues = error instanceof WeirError ? error.issues : [];
  if (failure.kind === 'bug') {
    log.error({ err: error, code: failure.code }, 'request failed');
    return json(500, {
      error: {
        kind: 'bug',
        code: 'unexpected',
        message: 'Something went wrong inside Weir.',
        hint: 'The log says more.',
      },
    });
  }
  const answer = json(statusOf(failure), { error: failure, ...(issues.length > 0 && { issues }) });
  if (error instanceof WeirError && error.retryAfterS !== undefined)
    answer.headers.set('retry-after', String(error.retryAfterS));
  return answer;
}

/** The HTTP status that a failure is answered with. */
export function statusOf({ code, kind }: Pick<Failure, 'code' | 'kind'>): number {
  return STATUS_OF_CODE[code] ?? STATUS_OF_KIND[kind];
}

/** @returns a 4xx in the making: for what is wrong with the request itself */
export function badRequest(
  message: string,
  code: 'bad_request' | 'too_large' | 'not_found' | 'wrong_method' = 'bad_request',
): WeirError {
  return new WeirError({ kind: 'config', code, message });
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}
