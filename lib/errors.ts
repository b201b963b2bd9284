/**
 * Who can mend it: `config` the user, by changing what they declared; `transient` time, by trying again;
 * `terminal` nobody here (the other side refuses for good); `bug` us. The retry is decided from this alone.
 */
export type ErrorKind = 'config' | 'transient' | 'terminal' | 'bug';

/** Where it went wrong. `row` counts from 1 within the page, `line` and `column` from 1 within the text. */
export interface Where {
  readonly stream?: string;
  readonly slice?: string;
  readonly page?: number;
  readonly row?: number;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Path into a manifest, suite or config, such as `streams.0.retriever.paginator`. */
  readonly path?: string;
  readonly url?: string;
  /** Host and port of a private address that an administrator may allow, such as `db.internal:5432`. */
  readonly address?: string;
}

/** One thing that is wrong in what somebody sent; `path` names the field, such as `config.start_date`. */
export interface Issue {
  readonly message: string;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface ErrorOptions {
  readonly kind: ErrorKind;
  /** Stable, in snake_case: what programs may match on. */
  readonly code: string;
  /** What happened, for the user, in one sentence without secrets. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly hint?: string;
  readonly where?: Where;
  /** Every problem at once, where input was refused. */
  readonly issues?: readonly Issue[];
  /** When to come back, in seconds from now. */
  readonly retryAfterS?: number;
  readonly cause?: unknown;
}

/** An error as it is stored and sent: no stack, no cause. */
export interface Failure {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly where?: Where;
}

/** The one error class whose text reaches users. Anything else that is thrown counts as a bug of ours. */
export class WeirError extends Error {
  override readonly name = 'WeirError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string | undefined;
  readonly where: Where;
  readonly issues: readonly Issue[];
  readonly retryAfterS: number | undefined;

  constructor(options: ErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = options.kind;
    this.code = options.code;
    this.hint = options.hint;
    this.where = options.where ?? {};
    this.issues = options.issues ?? [];
    this.retryAfterS = options.retryAfterS;
  }

  /** The same error with the place filled in; what is known already stays. */
  at(where: Where): WeirError {
    const { kind, code, message, hint, issues, retryAfterS, cause } = this;
    return new WeirError({
      kind,
      code,
      message,
      issues,
      cause,
      ...(hint && { hint }),
      ...(retryAfterS !== undefined && { retryAfterS }),
      where: { ...where, ...this.where },
    });
  }

  /** By shape: the pages are bundled apart from the service, and each has its own copy of this class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'WeirError' && 'kind' in value && 'code' in value;
  }

  toJSON(): Failure {
    return toFailure(this);
  }
}

/** Any thrown value as a failure. What is not a `WeirError` becomes a `bug` that keeps only its message. */
export function toFailure(error: unknown): Failure {
  if (isOutOfFiles(error)) return withWhere(OUT_OF_FILES, error);
  if (!(error instanceof WeirError)) {
    if (isDiskFull(error)) return DISK_FULL;
    if (isDatabaseLost(error)) return DATABASE_LOST;
    const message = storable(error instanceof Error ? error.message : String(error));
    return { kind: 'bug', code: 'unexpected', message };
  }
  const { kind, code, message, hint } = error;
  return withWhere({ kind, code, message: storable(message), ...(hint && { hint: storable(hint) }) }, error);
}

/** A failure may quote a row with letters that Postgres holds none of: U+0000, or half of one that was cut. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function withWhere(failure: Failure, error: unknown): Failure {
  const { where = {} } = error as { where?: Where };
  return { ...failure, ...(Object.keys(where).length > 0 && { where }) };
}

/** Whatever could not be opened for it, down the causes. */
function isOutOfFiles(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < MOST_CAUSES; at = at.cause, depth++) {
    const all = [at, ...(at instanceof AggregateError ? at.errors : [])];
    if (all.some((one: { code?: unknown }) => one?.code === 'EMFILE' || one?.code === 'ENFILE')) return true;
  }
  return false;
}

const MOST_CAUSES = 8;

export const OUT_OF_FILES: Failure = {
  kind: 'transient',
  code: 'open_files_limit',
  message: 'The process has reached its limit of open files, and can open no file and no connection.',
  hint: 'Raise the limit for the worker: `ulimit -n`, or LimitNOFILE= of its systemd unit.',
};

/** As the operating system and Postgres name it; a destination's is told apart where it is talked to. */
function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', '53100'].includes(String((error as { code?: unknown } | null)?.code));
}

const DISK_FULL: Failure = {
  kind: 'config',
  code: 'disk_full',
  message: 'The disk of this Weir or of its database is full.',
  hint: 'Free space on it. Nothing that was saved or published before is lost.',
};

/** Of our own: what goes wrong with a source or a destination is told apart where it is talked to. */
function isDatabaseLost(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    /^(08...|57P0.|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH)$/.test(String(code)) ||
    LOST.test(String(message))
  );
}

const LOST = /^(Connection terminated|timeout exceeded when trying to connect)/;

const DATABASE_LOST: Failure = {
  kind: 'transient',
  code: 'database_lost',
  message: 'The connection to the service’s own database was lost.',
  hint: 'If it stays, see whether that database runs and takes connections.',
};

/** Wraps what a library threw, and leaves a `WeirError` as it is. */
export function wrapError(error: unknown, options: Omit<ErrorOptions, 'cause'>): WeirError {
  return error instanceof WeirError ? error : new WeirError({ ...options, cause: error });
}

/** One line for people: message, place, what to do. */
export function failureText(failure: Failure): string {
  const { stream, page, row, line, path } = failure.where ?? {};
  const place = [
    stream && `stream ${stream}`,
    page && `page ${page}`,
    row && `row ${row}`,
    line && `line ${line}`,
    path && `at ${path}`,
  ].filter(Boolean);
  const text = [failure.message, place.length > 0 && `(${place.join(', ')})`].filter(Boolean).join(' ');
  if (!failure.hint) return text;
  // What others say may lack its full stop.
  return `${text}${/[.!?:\u2026\u201d]$/.test(failure.message) ? '' : '.'} ${failure.hint}`;
}
