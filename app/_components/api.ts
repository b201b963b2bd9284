import { type Failure, type Issue, WeirError } from '#lib/errors.ts';

const BASE = '/api/weir/v1';

/** What the service refused, with its failure as it was sent. */
export class ApiError extends Error {
  readonly status: number;
  readonly failure: Failure;
  readonly issues: readonly Issue[];

  constructor(status: number, failure: Failure, issues: readonly Issue[] = []) {
    super(failure.message);
    this.status = status;
    this.failure = failure;
    this.issues = issues;
  }
}

/** The one way from pages to the service: JSON in and out, a refusal thrown as `ApiError`. */
export const api = {
  get: <T>(path: string) => send<T>('GET', path),
  post: <T>(path: string, body: unknown = {}, signal?: AbortSignal) => send<T>('POST', path, body, signal),
  put: <T>(path: string, body: unknown) => send<T>('PUT', path, body),
  patch: <T>(path: string, body: unknown) => send<T>('PATCH', path, body),
  delete: (path: string) => send<void>('DELETE', path),
  /** For EventSource, and for links. */
  url: (path: string) => BASE + path,
};

/** What is wrong with a text that was refused, each with its line. */
export function lineIssues(error: unknown): Issue[] {
  const issues = error instanceof ApiError ? error.issues : [];
  return issues.map(({ line, message }) => ({ message: line === undefined ? message : `Line ${line}: ${message}` }));
}

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await request(BASE + path, {
    method,
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  if (response.status === 204) return undefined as T;
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, answer?.error ?? unreadable(response.status), answer?.issues);
  return answer as T;
}

/** better-auth's own routes: they answer `{ message }` instead of a failure. */
export async function sendAuth(path: string, body: object): Promise<void> {
  const response = await request(`/api/auth${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) return;
  const answer = await response.json().catch(() => null);
  const message: string = answer?.error?.message ?? answer?.message ?? unreadable(response.status).message;
  throw new ApiError(response.status, { kind: 'config', code: 'sign_in', message });
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch {
    throw new ApiError(0, {
      kind: 'transient',
      code: 'unreachable',
      message: 'Weir did not answer.',
      hint: 'Check that the service runs, then try again.',
    });
  }
}

function unreadable(status: number): Failure {
  return {
    kind: status >= 500 ? 'transient' : 'bug',
    code: `http_${status}`,
    message: `Weir answered ${status} without a reason.`,
    hint: 'The log of the service says more.',
  };
}

/** Any thrown value as a failure, for a notice. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return error.failure;
  if (error instanceof WeirError) return error.toJSON();
  return { kind: 'bug', code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
}
