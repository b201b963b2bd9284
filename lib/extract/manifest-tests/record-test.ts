import { type Failure, WeirError } from '#lib/errors.ts';
import { ExactNumber, isJsonObject, type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import type { ManifestTest, RecordedExchange } from '#lib/manifest/weir-block.ts';
import { MASK } from '../mask.ts';
import type { ExtractContext, PlannedSource } from '../source.ts';
import { recording } from './recording.ts';
import { readStream, replay, type TestRead } from './run-test.ts';

/** Of more records only the number is kept. */
const MOST_RECORDS = 20;

/** Fields of answers that carry credentials, whether or not the manifest reads them. */
const SECRET_FIELDS = /^(access_token|refresh_token|id_token|client_secret|password|secret|api_key|token)$/i;

type Given = Pick<ManifestTest, 'stream' | 'config' | 'state' | 'pages' | 'slices'>;

/**
 * Reads a stream of the live API and makes a case of it, without secrets. What it expects comes from a second read, over the recorded
 * answers: so it is sure that they suffice. @throws WeirError `too_large`, `not_text`, and where the second read fails alone
 */
export async function recordTest(
  source: PlannedSource,
  outer: ExtractContext,
  given: Given & { readonly name: string },
): Promise<ManifestTest> {
  const startedAt = outer.clock();
  startedAt.setUTCMilliseconds(0);
  const { http, seen, refusal } = recording(outer.http, { strict: true });
  let now = startedAt.getTime();
  const sleep = async (ms: number, signal?: AbortSignal) => {
    await outer.sleep(ms, signal);
    now += ms;
  };
  const live = await readStream(source, { ...outer, http, sleep, clock: () => new Date(now), eager: false }, given);
  outer.signal.throwIfAborted();
  const refused = refusal();
  if (refused) throw refused;
  if (live.failure && seen().length === 0) throw asError(live.failure);
  return withExpectation(source, caseOf(source, { ...given, startedAt, seen: seen() }), {
    failed: live.failure !== null,
  });
}

/** A case without what it expects: what was read and what came, without secrets. */
export function caseOf(
  source: PlannedSource,
  {
    startedAt,
    seen,
    ...given
  }: Given & { readonly name: string; readonly startedAt: Date; readonly seen: readonly RecordedExchange[] },
): ManifestTest {
  const hide = (text: string) => source.hide(given.config ?? {}, text);
  return {
    ...given,
    ...(given.config && { config: hidden(given.config, hide) as JsonObject }),
    now: startedAt.toISOString().replace('.000Z', 'Z'),
    exchanges: seen.map((exchange) => masked(exchange, hide)),
    expect: {},
  };
}

/**
 * The case with what comes of its recorded answers by the manifest as it is now. `failed`: the live read ended with a failure.
 * @throws WeirError `not_repeatable` where the answers do not suffice
 */
export async function withExpectation(
  source: PlannedSource,
  test: ManifestTest,
  { failed }: { failed: boolean },
): Promise<ManifestTest> {
  const { read } = await replay(source, test);
  if (read.failure && !failed) throw notReplayed(read.failure);
  return { ...test, expect: expectationOf(read) };
}

function masked({ request, response }: RecordedExchange, hide: (text: string) => string): RecordedExchange {
  const { headers = {}, body: answer } = response;
  const body = jsonOf(hide(String(answer ?? '')));
  const kept = Object.entries(headers).filter(([name]) => typeof body === 'string' || !/^content-type$/i.test(name));
  return {
    request: {
      ...request,
      url: hide(request.url),
      ...(request.body !== undefined && { body: withoutFields(jsonOf(hide(String(request.body)))) }),
    },
    response: {
      ...(response.status !== undefined && { status: response.status }),
      ...(kept.length > 0 && { headers: Object.fromEntries(kept.map(([name, value]) => [name, hide(value)])) }),
      ...(body !== '' && { body: withoutFields(body) }),
    },
  };
}

/** What a text says as JSON, where YAML can say the same. */
function jsonOf(text: string): JsonValue {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null && !hasExactNumber(value) ? value : text;
  } catch {
    return text;
  }
}

function hasExactNumber(value: JsonValue): boolean {
  if (value instanceof ExactNumber) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasExactNumber);
}

function withoutFields(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutFields);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      typeof item === 'string' && SECRET_FIELDS.test(key) ? MASK : withoutFields(item),
    ]),
  );
}

function hidden(value: JsonValue, hide: (text: string) => string): JsonValue {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((item) => hidden(item, hide));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hidden(item, hide)]));
}

function expectationOf({ records, state, failure }: TestRead): ManifestTest['expect'] {
  if (failure) return { error: { code: failure.code, message: failure.message } };
  const whole = records.length <= MOST_RECORDS && !records.some(hasExactNumber);
  return {
    ...(whole ? { records } : { record_count: records.length }),
    ...(state && !hasExactNumber(state) && { state }),
  };
}

function notReplayed({ code, message }: Failure): WeirError {
  return new WeirError({
    ...{ kind: 'config', code: 'not_repeatable' },
    message: `The stream was read, but not a second time over the recorded answers: ${message} (${code})`,
    hint: 'Its requests depend on a secret or on the time; write the test by hand (docs/manifest-tests.md).',
  });
}

function asError({ kind, code, message, hint, where }: Failure): WeirError {
  return new WeirError({ kind, code, message, ...(hint && { hint }), ...(where && { where }) });
}
