import type { Role } from '#lib/db/schema.ts';
import type { JsonObject } from '#lib/json.ts';

/** One route as an OpenAPI document tells of it. */
export interface Operation {
  readonly method: string;
  /** Such as `/sources/:id`. */
  readonly path: string;
  readonly summary: string;
  readonly role: Role | 'anybody';
  readonly input?: JsonObject | undefined;
  /** What the server-sent events and files are not. */
  readonly answersJson: boolean;
}

interface Titles {
  readonly title: string;
  readonly description: string;
  /** Where the paths begin: `/api/weir/v1`. */
  readonly server: string;
  /** JSON schema of what is answered when something is wrong. */
  readonly error: JsonObject;
  /** The largest page of a list. */
  readonly mostRows: number;
}

const page = (mostRows: number): Record<string, JsonObject> => ({
  limit: { type: 'integer', minimum: 1, maximum: mostRows },
  offset: { type: 'integer', minimum: 0, default: 0 },
});

/** An OpenAPI 3.1 document of the routes, in their order. */
export function openApi(
  operations: readonly Operation[],
  { title, description, server, error, mostRows }: Titles,
): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: toOperation(operation, mostRows) };
  }
  return {
    openapi: '3.1.0',
    info: { title, description, version: '1' },
    servers: [{ url: server }],
    security: [{ bearer: [] }, { basic: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or the token of an application.' },
        basic: { type: 'http', scheme: 'basic', description: 'Client id and secret, or any name and an API key.' },
      },
      schemas: { Error: error },
    },
  };
}

function toOperation(operation: Operation, mostRows: number): JsonObject {
  const { method, path, summary, role, input, answersJson } = operation;
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const parameters: JsonObject[] = names.map((name) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));
  if (method === 'GET' && !path.includes(':'))
    for (const [name, schema] of Object.entries(page(mostRows)))
      parameters.push({ name, in: 'query', required: false, schema });
  if (method === 'POST')
    parameters.push({
      ...{ name: 'Idempotency-Key', in: 'header', required: false },
      schema: { type: 'string', minLength: 1, maxLength: 200 },
    });
  return {
    operationId: operationId(method, path),
    summary: summary || `${method} ${path}`,
    description: role === 'anybody' ? 'Needs no credentials.' : `Needs the role ${role}.`,
    tags: [path.split('/')[1] ?? ''],
    ...(role === 'anybody' && { security: [] }),
    parameters,
    ...(method !== 'GET' && method !== 'DELETE' && { requestBody: bodyOf(input) }),
    responses: {
      '204': { description: 'Done; there is nothing to say.' },
      '2XX': { description: 'Done.', ...(answersJson && { content: { 'application/json': { schema: {} } } }) },
      default: {
        description: 'What went wrong.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function bodyOf(input: JsonObject | undefined): JsonObject {
  return {
    required: input !== undefined,
    content: { 'application/json': { schema: input ?? { type: 'object' } } },
  };
}

function operationId(method: string, path: string): string {
  const words = path
    .split('/')
    .filter(Boolean)
    .map((part) => part.replace(':', 'by-'));
  return [method.toLowerCase(), ...words].join('-').replace(/[^a-zA-Z0-9-]+/g, '-');
}
