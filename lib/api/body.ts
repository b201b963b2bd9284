import { schemaIssues } from '#lib/connections/config-issues.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { badRequest } from './failures.ts';

const JSON_BYTES = 4_000_000;
const DEPTH = 100;

/** The parts of a schema of a body, short enough to stand beside its route. */
export const text = { type: 'string', maxLength: 10_000 } as const;
export const longText = { type: 'string', maxLength: 3_000_000 } as const;
export const nullable = (schema: JsonObject): JsonObject => ({ anyOf: [schema, { type: 'null' }] });
export const uuid = { type: 'string', format: 'uuid' } as const;
export const time = { type: 'string', format: 'date-time' } as const;
export const whole = { type: 'integer' } as const;
export const anyObject = { type: 'object' } as const;

/** A body: which fields there may be, and which there must be. */
export function shape(properties: Record<string, JsonObject>, required: readonly string[] = []): JsonObject {
  return { type: 'object', properties, required: [...required], additionalProperties: false };
}

/** The JSON body, checked against its shape. An empty body counts as `{}`. @throws WeirError `invalid_input` with all issues */
export async function readBody<T>(request: Request, schema: JsonObject): Promise<T> {
  const body = await readJson(request);
  const issues = schemaIssues(schema, body);
  if (issues.length === 0) return body as T;
  throw new WeirError({ kind: 'config', code: 'invalid_input', message: 'The request was not understood.', issues });
}

/** The JSON body as it came. An empty one counts as `{}`. @throws WeirError `bad_request`, `too_large` */
export async function readJson(request: Request): Promise<unknown> {
  return parse(new TextDecoder().decode(await readBytes(request, JSON_BYTES)));
}

/** Reads no further than the limit, whatever the headers promise. */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
    size += next.value.byteLength;
    if (size > limit) {
      // Not waited for: of a request that was cloned, the other copy has to be given up as well.
      reader?.cancel().catch(() => undefined);
      throw badRequest(`The request is larger than ${limit / 1e6} MB.`, 'too_large');
    }
    chunks.push(next.value);
  }
  return Buffer.concat(chunks);
}

function parse(json: string): unknown {
  if (json.trim() === '') return {};
  let body: unknown;
  try {
    body = JSON.parse(json);
  } catch (error) {
    throw badRequest(`The body is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (json.includes('\\u0000') && holdsNul(body)) throw badRequest('No text may hold the character NUL.');
  if (isDeeperThan(body, DEPTH)) throw badRequest(`The body is nested deeper than ${DEPTH} levels.`);
  return body;
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeeperThan(item, depth - 1));
}

/** Postgres' text has no NUL: what is stored must not hold one. */
function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => key.includes('\0') || holdsNul(item));
}
