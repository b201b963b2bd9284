import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isMap, LineCounter, type Node, parseDocument } from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { MANIFEST_YAML } from './manifest-yaml.ts';
import type { Finding } from './validate.ts';

/** Tests of one manifest. */
const MOST_TESTS = 200;

/** A request that a test expects, and the answer that was recorded for it. */
export interface RecordedExchange {
  /** Headers and body are compared where they are given. */
  readonly request: {
    readonly method?: string;
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: JsonValue;
  };
  /** A body that is no text goes out as JSON. */
  readonly response: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: JsonValue;
  };
}

/** One case of a manifest: what an API answered, and what the stream makes of it. */
export interface ManifestTest {
  readonly name: string;
  readonly stream: string;
  readonly config?: JsonObject;
  /** The state that the read goes on from. */
  readonly state?: JsonObject;
  /** What the clock says. */
  readonly now?: string;
  /** Read only so many pages of a slice, and so many slices. */
  readonly pages?: number;
  readonly slices?: number;
  readonly exchanges: readonly RecordedExchange[];
  readonly expect: {
    readonly records?: readonly JsonObject[];
    readonly record_count?: number;
    readonly state?: JsonObject;
    readonly error?: { readonly code?: string; readonly message?: string };
  };
}

const text = (description: string): JsonObject => ({ type: 'string', description });
const map = (description: string): JsonObject => ({ type: 'object', description });
const headers: JsonObject = { type: 'object', additionalProperties: { type: 'string' } };
const count = (description: string): JsonObject => ({ type: 'integer', minimum: 1, description });

function shape(properties: JsonObject, required: readonly string[], description: string): JsonObject {
  return { type: 'object', description, properties, required: [...required], additionalProperties: false };
}

const exchangeSchema = shape(
  {
    request: shape(
      {
        method: { ...text('GET when absent.'), examples: ['POST'] },
        url: text('With its parameters, in any order.'),
        headers: { ...headers, description: 'Headers that the request must have; others may be there.' },
        body: { description: 'What the request must send: a text, or JSON compared by its meaning.' },
      },
      ['url'],
      'What must be asked.',
    ),
    response: shape(
      {
        status: { type: 'integer', minimum: 100, maximum: 599, description: '200 when absent.' },
        headers,
        body: { description: 'A text goes out as it is, anything else as JSON.' },
      },
      [],
      'What the API answers.',
    ),
  },
  ['request', 'response'],
  'A request and its answer. Equal requests get their answers in this order.',
);

const expectSchema = shape(
  {
    records: { type: 'array', items: { type: 'object' }, description: 'All records, in their order.' },
    record_count: { type: 'integer', minimum: 0, description: 'How many records come.' },
    state: map('The state at the end.'),
    error: shape(
      { code: text('Its code, such as http_error.'), message: text('A part of its message.') },
      [],
      'The read fails so.',
    ),
  },
  [],
  'What comes of it. All exchanges must have been asked for, too, and nothing else.',
);

const testSchema = shape(
  {
    name: { ...text('What a user can rely on.'), minLength: 1 },
    stream: text('The stream that is read.'),
    config: map('The settings of the source; secrets made up.'),
    state: map('The state that the read goes on from.'),
    now: { ...text('What the clock says; 2026-01-01T00:00:00Z when absent.'), examples: ['2026-01-01T00:00:00Z'] },
    pages: count('Read only so many pages of each slice.'),
    slices: count('Read only so many slices.'),
    exchanges: { type: 'array', items: exchangeSchema, description: 'Requests with their recorded answers.' },
    expect: expectSchema,
  },
  ['name', 'stream', 'exchanges', 'expect'],
  'A read over recorded answers, without network.',
);

/** The JSON schema of `metadata`, for the editor: what other tools keep there stays free. */
export const metadataSchema: JsonObject = {
  type: 'object',
  properties: {
    weir: shape(
      {
        tests: { type: 'array', items: testSchema, maxItems: MOST_TESTS, description: 'Run them with weir test.' },
        checks: {
          type: 'object',
          additionalProperties: { type: 'object' },
          description:
            'By stream: a suite of checks, without its dataset, for whoever loads the stream, to copy into a suite.',
        },
      },
      [],
      'What Weir keeps in a manifest beside Airbyte’s language.',
    ),
  },
};

/** What is wrong with `metadata.weir`; Airbyte's tools look at nothing in it. */
export function metadataFindings(metadata: JsonValue | undefined): Finding[] {
  if (!isJsonObject(metadata) || metadata.weir === undefined) return twiceNamed(metadata);
  const validate = metadataValidator();
  return validate(metadata)
    ? twiceNamed(metadata)
    : [...(validate.errors ?? []).map(toFinding), ...twiceNamed(metadata)];
}

let compiled: ValidateFunction | undefined;

/** Made at the first use: compiling it is a good part of a process's start. */
function metadataValidator(): ValidateFunction {
  compiled ??= new Ajv({ strict: false, allErrors: true, logger: false, validateSchema: false }).compile(
    metadataSchema,
  );
  return compiled;
}

function toFinding({ instancePath, keyword, message = 'is wrong', params }: ErrorObject): Finding {
  const path = ['metadata', ...instancePath.slice(1).split('/').map(unescaped)];
  const unknown = keyword === 'additionalProperties' ? String(params.additionalProperty) : undefined;
  const name = path.slice(1).join('.');
  return {
    ...{ severity: 'error', code: 'invalid_test' },
    message: unknown ? `${name} has no field named ${unknown}.` : `${name} ${message}.`,
    path: unknown ? [...path, unknown] : path,
    onKey: unknown !== undefined,
  };
}

function unescaped(part: string): string | number {
  const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
  return /^\d+$/.test(name) ? Number(name) : name;
}

function twiceNamed(metadata: JsonValue | undefined): Finding[] {
  const block = isJsonObject(metadata) && isJsonObject(metadata.weir) ? metadata.weir : {};
  const tests = Array.isArray(block.tests) ? block.tests.filter(isJsonObject) : [];
  return tests.flatMap(({ name }, index) =>
    tests.findIndex((other) => other.name === name) < index
      ? [
          {
            ...{ severity: 'error' as const, code: 'invalid_test', message: `There are two tests named ${name}.` },
            path: ['metadata', 'weir', 'tests', index, 'name'],
          },
        ]
      : [],
  );
}

type Path = readonly (string | number)[];

/** The block of a manifest's text, and where its parts stand: line and column from 1. */
export interface WeirBlock {
  readonly tests: readonly ManifestTest[];
  readonly checks: JsonObject;
  /** The place of a path below `metadata.weir`, or of the nearest part around it. */
  placeOf(path: Path): { readonly line: number; readonly column: number };
}

/** Reads the block of a valid manifest. */
export function readWeirBlock(manifest: string): WeirBlock {
  const lines = new LineCounter();
  const document = parseDocument(manifest, { ...MANIFEST_YAML, lineCounter: lines, intAsBigInt: true });
  const root = document.toJS() as JsonValue;
  const metadata = isJsonObject(root) ? root.metadata : undefined;
  const block = isJsonObject(metadata) && isJsonObject(metadata.weir) ? (withNumbers(metadata.weir) as JsonObject) : {};
  const placeOf = (path: Path) => {
    for (let length = path.length; length >= 0; length--) {
      const inner = path.slice(0, length);
      const node = document.getIn(['metadata', 'weir', ...inner], true) as Node | undefined;
      if (!node?.range) continue;
      const { line, col } = lines.linePos(
        keyOffset(document.getIn(['metadata', 'weir', ...inner.slice(0, -1)], true), inner.at(-1)) ?? node.range[0],
      );
      return { line, column: col };
    }
    return { line: 1, column: 1 };
  };
  return {
    tests: (block.tests ?? []) as unknown as readonly ManifestTest[],
    checks: isJsonObject(block.checks) ? block.checks : {},
    placeOf,
  };
}

function keyOffset(parent: unknown, key: string | number | undefined): number | undefined {
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => String((item.key as { value?: unknown } | null)?.value) === String(key));
  return (pair?.key as Node | undefined)?.range?.[0];
}

/** Whole numbers as JSON gives them: those that a double holds as numbers, the others with all their digits. */
function withNumbers(value: JsonValue): JsonValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(withNumbers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item)]));
}
