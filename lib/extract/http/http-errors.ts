import { errors } from 'undici';
import { WeirError } from '#lib/errors.ts';

interface Occasion {
  readonly host: string;
  /** Before the answer's headers were complete, or after. */
  readonly phase: 'headers' | 'body';
  /** The caller's own. */
  readonly signal?: AbortSignal | undefined;
}

/** What undici, node:net or node:tls threw, in words that name the host and say what to do. */
export function explainHttpError(error: unknown, { host, phase, signal }: Occasion): WeirError {
  if (signal?.aborted) return cancelled(host, error);
  if (error instanceof WeirError) return error;
  const code = codeOf(error);
  if (NO_TLS.has(code)) return plainHttp(host, error);
  const certificate = CERTIFICATE[code];
  if (certificate || TLS_CODE.test(code))
    return tlsError(host, certificate ?? 'no secure connection came about', error);
  if (TIMEOUT[code]) return timeoutError(host, TIMEOUT[code], error);
  if (code === 'UND_ERR_INVALID_ARG' || error instanceof TypeError) return badRequest(host, error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return badResponse(host, 'sent more headers than are taken', error);
  if (phase === 'body') return truncated(host, error);
  if (error instanceof errors.HTTPParserError) return badResponse(host, 'did not answer in valid HTTP', error);
  return new WeirError({
    kind: 'transient',
    code: 'unreachable',
    message: `${host} ${UNREACHABLE[code] ?? `could not be reached (${code || 'no answer'})`}.`,
    hint: 'Check that the service is up and that its address and port are right.',
    cause: error,
  });
}

export function timeoutError(host: string, what: string, cause?: unknown): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'timeout',
    message: `${host} ${what}.`,
    hint: 'If it is always this slow, ask it for smaller pages.',
    cause,
  });
}

export function truncated(host: string, cause?: unknown): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'response_truncated',
    message: `The answer of ${host} broke off before its end.`,
    hint: 'What had come of it was not used.',
    cause,
  });
}

export function badResponse(host: string, what: string, cause?: unknown): WeirError {
  return new WeirError({
    kind: 'transient',
    code: 'bad_response',
    message: `${host} ${what}.`,
    hint: 'Check that the address is that of the API, and no proxy changes its answers.',
    cause,
  });
}

const TIMEOUT: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'did not accept a connection in time',
  ETIMEDOUT: 'did not accept a connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'did not begin its answer in time',
  UND_ERR_BODY_TIMEOUT: 'stopped in the middle of its answer',
};

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'cut the connection before it answered',
  UND_ERR_SOCKET: 'closed the connection before it answered',
  EPIPE: 'closed the connection before it answered',
  EHOSTUNREACH: 'has no route to it from here',
  ENETUNREACH: 'has no route to it from here',
};

const TLS_CODE = /^(EPROTO|ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|CRL_)/;
const CERTIFICATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself alone',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain ends in an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it did not send its whole certificate chain, or its authority is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_REVOKED: 'its certificate was revoked',
};

/** What OpenSSL makes of an answer that is no TLS at all. */
const NO_TLS = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST']);

function plainHttp(host: string, cause: unknown): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'tls',
    message: `${host} does not speak HTTPS (${codeOf(cause)}).`,
    hint: 'If it is meant to be asked without encryption, begin its address with http:// instead of https://.',
    cause,
  });
}

function tlsError(host: string, why: string, cause: unknown): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'tls',
    message: `${host} can't be trusted: ${why} (${codeOf(cause)}).`,
    hint: 'Have its certificate mended. An authority of your own can be named in NODE_EXTRA_CA_CERTS.',
    cause,
  });
}

function badRequest(host: string, cause: unknown): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'bad_request',
    message: `The request to ${host} can't be sent: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'Look for characters in its method, path or headers that HTTP does not allow, such as line breaks.',
    cause,
  });
}

function cancelled(host: string, cause: unknown): WeirError {
  return new WeirError({
    kind: 'terminal',
    code: 'cancelled',
    message: `The request to ${host} was cancelled.`,
    cause,
  });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
