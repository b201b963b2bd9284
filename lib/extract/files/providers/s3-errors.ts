import { WeirError } from '#lib/errors.ts';
import { fileChanged, fileError, fileGone, inFile } from '../file-errors.ts';

/** What the SDK throws, as far as it tells what went wrong. */
interface StoreError {
  readonly name?: string;
  readonly Region?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** Where it happened: `file` is an object's key, or what was listed. */
interface Place {
  readonly bucket: string;
  readonly file: string;
}

interface Meaning {
  readonly message: (place: Place) => string;
  readonly hint: string;
}

const KEYS = 'Check access_key_id and secret_access_key: both of one pair, whole, and of this endpoint.';
const REGION: Meaning = {
  message: ({ bucket }) => `the bucket ${bucket} is in another region, or at another address`,
  hint: 'Give its region, and the endpoint of that region.',
};

/** What the user can mend, by the codes that Amazon and others give. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: {
    message: ({ bucket }) => `there is no bucket ${bucket} here`,
    hint: 'Check the name of the bucket, and that the endpoint is that of its store.',
  },
  InvalidBucketName: {
    message: ({ bucket }) => `${bucket} can’t be the name of a bucket`,
    hint: 'Check its spelling.',
  },
  InvalidAccessKeyId: { message: () => 'the store does not know the access key', hint: KEYS },
  XAdminUserNotFound: { message: () => 'the store does not know the access key', hint: KEYS },
  SignatureDoesNotMatch: { message: () => 'the secret key does not fit the access key', hint: KEYS },
  ExpiredToken: { message: () => 'the keys have expired', hint: 'Give new keys that last.' },
  InvalidToken: { message: () => 'the keys are of a kind that needs a session token', hint: 'Give keys that last.' },
  RequestTimeTooSkewed: {
    message: () => 'the clock of this machine differs from that of the store',
    hint: 'Set the clock of the worker’s machine, such as by NTP.',
  },
  InvalidObjectState: {
    message: () => 'is archived, and can’t be read as it is',
    hint: 'Restore it first, or give a pattern that leaves archived objects out.',
  },
  AccessDenied: {
    message: () => 'the keys may not read this',
    hint: 'Allow them s3:ListBucket on the bucket and s3:GetObject on its objects; without keys, the bucket must be public.',
  },
  PermanentRedirect: REGION,
  TemporaryRedirect: REGION,
  AuthorizationHeaderMalformed: REGION,
  AuthorizationQueryParametersError: REGION,
};
const BY_STATUS: Readonly<Record<number, string>> = {
  ...{ 301: 'PermanentRedirect', 307: 'TemporaryRedirect', 401: 'AccessDenied', 403: 'AccessDenied' },
};

/** What went wrong with the store, and what to do. `isObject` where it was read and not listed. */
export function storeError(error: unknown, place: Place, isObject: boolean): WeirError {
  const { file } = place;
  if (error instanceof WeirError) return error.where.file === undefined ? inFile(error, file) : error;
  if (error instanceof TypeError) return badEndpoint(file, error);
  const { name = '', Region, $metadata, $response } = error as StoreError;
  const status = $metadata?.httpStatusCode ?? 0;
  if (status === 412) return fileChanged(file);
  // It was listed a moment ago.
  if (isObject && (name === 'NoSuchKey' || status === 404) && name !== 'NoSuchBucket') return fileGone(file, error);
  const meaning = MEANINGS[name] ?? MEANINGS[BY_STATUS[status] ?? ''];
  if (meaning) {
    const region = meaning === REGION ? (Region ?? $response?.headers?.['x-amz-bucket-region']) : undefined;
    const hint = region ? `Set region: ${region}. ${meaning.hint}` : meaning.hint;
    return fileError('config', 's3_refused', { file }, `${meaning.message(place)} (${name || status}).`, hint, error);
  }
  if (status >= 200 && status < 300) return notStore(file, error);
  const isPassing = status >= 500 || status === 429 || status === 408 || status === 0;
  const what = `the store answered ${name || 'nothing'}${status ? ` (${status})` : ''}.`;
  const hint = isPassing ? 'See the log of the object store.' : 'Check bucket, endpoint and region.';
  return fileError(isPassing ? 'transient' : 'config', 's3', { file }, what, hint, error);
}

/** Of an answer that is not one of S3. */
export function notStore(file: string, cause?: unknown): WeirError {
  const hint = 'Check the endpoint: it must be that of the store’s S3 API, and not of its console.';
  return fileError('config', 'bad_endpoint', { file }, 'the endpoint answers, but not as S3 does.', hint, cause);
}

function badEndpoint(file: string, cause: unknown): WeirError {
  const hint = 'Write it as https://host, with a port where it needs one.';
  return fileError(
    'config',
    'bad_endpoint',
    { file },
    'the endpoint is no address that can be requested.',
    hint,
    cause,
  );
}
