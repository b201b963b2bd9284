import { type ErrorKind, WeirError } from '#lib/errors.ts';
import { reasonOf } from '../errors/error-message.ts';
import type { Answer, Resolution } from '../families.ts';
import { withoutQuery } from '../http/request-url.ts';

interface Refused {
  readonly answer: Answer | null;
  readonly error: WeirError | null;
  readonly resolution: Resolution;
  readonly tries: number;
  readonly stream: string;
  readonly page: number;
  readonly url: string;
}

const HINTS: Record<number, string> = {
  400: 'Look at the request in a test of this stream: a parameter or its format is not what the API expects.',
  401: 'The credentials were refused: check the token or key of the source, and whether it has run out.',
  403: 'The credentials lack a right for this: check what the token or key may read.',
  404: 'There is nothing at this address: check url, path and the values they use.',
  429: 'The API limits how often it may be asked: sync less often, or declare a back-off for it.',
};
const KINDS: Record<string, ErrorKind> = {
  config_error: 'config',
  transient_error: 'transient',
  system_error: 'terminal',
};

/** What the user is told of a request that failed for good: where, what the API said, and what to do. */
export function refusedAnswer({ answer, error, resolution, tries, stream, page, url }: Refused): WeirError {
  const where = { stream, ...(page > 0 && { page }), url: withoutQuery(url) };
  if (error !== null) {
    const times = tries > 1 ? ` ${tries} times` : '';
    return new WeirError({
      kind: error.kind,
      code: error.code,
      message: tries > 1 ? `${error.message} It was tried${times}.` : error.message,
      ...(error.hint && { hint: error.hint }),
      where: { ...error.where, ...where },
      cause: error,
    });
  }
  const status = answer?.status ?? 0;
  return new WeirError({
    kind: kindOf(resolution),
    code: `http_${status}`,
    message: saidOf({ answer, error, resolution, url }, tries),
    hint:
      HINTS[status] ??
      (status >= 500
        ? 'The API has a fault of its own, which may be over at the next try.'
        : 'Look at the response in a test of this stream.'),
    where,
  });
}

/** What happened, in one sentence: `api.example.com answered 503: down for maintenance`. */
export function saidOf(
  { answer, error, resolution, url }: Pick<Refused, 'answer' | 'error' | 'resolution' | 'url'>,
  tries = 1,
): string {
  if (error !== null) return error.message;
  const said = resolution.message ?? reasonIn(answer);
  const times = tries > 1 ? ` ${tries} times` : '';
  return `${new URL(url).host} answered ${answer?.status ?? 0}${times}${said ? `: ${said}` : '.'}`;
}

function kindOf({ action, failureType }: Resolution): ErrorKind {
  if (failureType) return KINDS[failureType] ?? 'terminal';
  return action === 'RETRY' || action === 'RATE_LIMITED' ? 'transient' : 'terminal';
}

/** The reason that the answer gives, cut short. */
function reasonIn(answer: Answer | null): string {
  return (answer ? (reasonOf(answer) ?? '') : '').replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
