import { randomUUID } from 'node:crypto';
import { failureText, type Issue, WeirError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { failureResponse, statusOf } from '../failures.ts';

const REFERENCE = 'https://reference.airbyte.com/reference/errors';

/** Codes of ours by the title that Airbyte's public API gives them; the others follow their status. */
const TITLES: Record<string, string> = {
  sync_running: 'try-again-later',
  connection_inactive: 'state-conflict',
  unknown_source_type: 'value-not-found',
  invalid_cron: 'error:cron-validation/invalid-expression',
};
const TITLE_OF_STATUS: Record<number, string> = {
  400: 'bad-request',
  401: 'invalid-api-key',
  403: 'forbidden',
  404: 'resource-not-found',
  409: 'state-conflict',
  422: 'unprocessable-entity',
  423: 'try-again-later',
  429: 'too-many-requests',
  503: 'service-unavailable',
};

/** An error in the form of Airbyte's public API: a problem with its status, title and detail. */
export function publicRefusal(error: unknown, log: Log): Response {
  const { status, code, text, issues } = read(error, log);
  const title = TITLES[code] ?? TITLE_OF_STATUS[status] ?? 'unexpected-problem';
  return json(status, {
    status,
    type: `${REFERENCE}#${title}`,
    title,
    detail: text,
    documentationUrl: null,
    data: { code, message: text, ...(issues.length > 0 && { issues }) },
  });
}

/** An error in the form of Airbyte's Config API, the newer and the older fields together. */
export function configRefusal(error: unknown, log: Log): Response {
  const { status, code, text, issues } = read(error, log);
  return json(status, {
    errorId: randomUUID(),
    message: text,
    exceptionClassName: code,
    exceptionStack: [],
    ...(issues.length > 0 && {
      validationErrors: issues.map(({ path = '', message }) => ({ propertyPath: path, message })),
    }),
  });
}

function read(error: unknown, log: Log): { status: number; code: string; text: string; issues: readonly Issue[] } {
  if (!(error instanceof WeirError) || error.kind === 'bug') {
    // Logged there; the caller learns no more than that it was our fault.
    void failureResponse(error, log);
    return {
      status: 500,
      code: 'unexpected',
      text: 'Something went wrong inside Weir. The log says more.',
      issues: [],
    };
  }
  const said = error.issues.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  const text = [failureText(error.toJSON()), ...said].join(' ');
  return { status: statusOf(error), code: error.code, text, issues: error.issues };
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}
