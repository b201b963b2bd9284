import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { CheckKind } from './checks/check-kind.ts';
import { checkKinds } from './checks/index.ts';
import { didYouMean, nearestOf } from './nearest-name.ts';

/** Keys under which the kinds may stand as well as at the top. */
export const wrapperKeys: readonly string[] = ['checks', 'quality_checks', 'data_quality_checks'];

const COMMON: JsonObject = {
  name: { type: 'string', minLength: 1, maxLength: 200, description: 'What alerts and pages call the check.' },
  table: {
    type: 'string',
    minLength: 1,
    description: 'The table, where it is not the suite’s dataset: table or schema.table.',
  },
  where: { type: 'string', minLength: 1, description: 'An SQL condition. Rows that do not meet it are left out.' },
  level: {
    enum: ['warn', 'error', 'block', 'quarantine'],
    enumDescriptions: [
      'A failure is told.',
      'A failure alerts.',
      'Measured before publishing; a failure holds the load back.',
      'Puts the failing rows aside and publishes the others.',
    ],
    default: 'error',
    description:
      'What a failure means. warn: told. error: alerts. block: measured before publishing, and holds the load back. quarantine: puts the failing rows aside and publishes the others (for checks that look at single rows).',
  },
  scope: {
    enum: ['load', 'table'],
    enumDescriptions: ['The load alone.', 'The table as it would be after the load.'],
    description:
      'What is measured before publishing: the load alone, or the table as it would be. Each kind has its own default.',
  },
  minimum_rows: { type: 'integer', minimum: 1, description: 'With fewer rows nothing is judged.' },
  alert: {
    type: 'object',
    properties: {
      after: { type: 'integer', minimum: 1, maximum: 20, default: 1, description: 'Breaches that open an incident …' },
      of: {
        type: 'integer',
        minimum: 1,
        maximum: 50,
        description: '… among so many measurements; as many unless told.',
      },
      until: { type: 'integer', minimum: 1, maximum: 20, default: 1, description: 'Passes in a row that close it.' },
    },
    additionalProperties: false,
    description: 'When an incident opens and closes; at the first breach and the first pass unless told.',
  },
  owner: { type: 'string', minLength: 1, maxLength: 200, description: 'Who to ask.' },
  tags: {
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 60 },
    maxItems: 20,
    uniqueItems: true,
    description: 'Words to find it by.',
  },
  description: { type: 'string', description: 'Why the check is there.' },
};
const PER: JsonObject = {
  type: 'string',
  minLength: 1,
  description: 'A column: the limits hold for the rows of each of its values, and those that fail are named.',
};

const columnNames = (description: string): JsonObject => ({
  type: 'array',
  items: { type: 'string', minLength: 1 },
  maxItems: 1000,
  description,
});

/** What a suite says besides its checks. */
export const suiteOptions: JsonObject = {
  dataset: {
    type: 'string',
    minLength: 1,
    description: 'The table of all checks that name no other: table or schema.table.',
  },
  name: { type: 'string' },
  description: { type: 'string' },
  owner: { type: 'string', minLength: 1, maxLength: 200, description: 'Who to ask, for checks that name nobody.' },
  schedule: {
    type: 'object',
    properties: {
      cron: { type: 'string', description: 'Five fields, such as "0 6 * * *".' },
      time_zone: { type: 'string', description: 'IANA name, such as Europe/Berlin; UTC unless told.' },
    },
    required: ['cron'],
    additionalProperties: false,
    description: 'When it runs by itself, besides after the syncs of its connection.',
  },
  samples: {
    type: 'object',
    properties: {
      rows: { type: 'integer', minimum: 0, maximum: 100, default: 5, description: 'Failing rows kept per check.' },
      days: { type: 'number', exclusiveMinimum: 0, maximum: 365, default: 7, description: 'How long they are kept.' },
    },
    additionalProperties: false,
    description: 'What is kept of the rows that fail.',
  },
  history: {
    type: ['object', 'boolean'],
    properties: {
      column: {
        type: 'string',
        minLength: 1,
        description:
          'A column of times: since when a row has been there. Without it one whose name says so, such as created_at.',
      },
      every: {
        enum: ['hour', 'day', 'week'],
        description: 'How far apart the measurements lie; by the suite’s schedule, or a day, unless told.',
      },
      periods: { type: 'integer', minimum: 1, maximum: 400, default: 60, description: 'How many of them.' },
    },
    additionalProperties: false,
    description:
      'Fills the history of a new check from a column of times of the dataset, so that charts and anomaly checks need not begin at nothing; false for not to. A bucket is read for it only where this is declared.',
  },
  personal: columnNames('Columns with personal data: their values are masked in failing rows.'),
  not_personal: columnNames('Columns that are shown although their names look personal.'),
};

/** JSON schema of a suite, for the editor: completion, hover and red lines come from it. */
export function suiteJsonSchema(): JsonObject {
  const kinds = Object.fromEntries(checkKinds.map((kind) => [kind.name, kindSchema(kind)]));
  const wrappers = Object.fromEntries(
    wrapperKeys.map((key) => [key, { type: 'object', properties: kinds, additionalProperties: false }]),
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Suite of checks',
    type: 'object',
    properties: {
      ...suiteOptions,
      ...kinds,
      ...wrappers,
    },
    additionalProperties: false,
  };
}

function kindSchema(kind: CheckKind): JsonObject {
  const one = checkSchema(kind);
  const documented = {
    description: `${kind.docs}\n\n${kind.example}`,
    markdownDescription: `${kind.docs}\n\n\`${kind.example}\``,
  };
  return { ...documented, anyOf: [{ type: 'array', items: one }, one] };
}

function checkSchema(kind: CheckKind): JsonObject {
  const limits = Object.fromEntries(kind.limits.map((name) => [name, kind.properties[name] ?? {}]));
  return {
    type: 'object',
    properties: {
      ...kind.properties,
      ...COMMON,
      ...(kind.segments && { per: PER }),
      ...(kind.limits.length > 0 && {
        warn: {
          type: 'object',
          properties: limits,
          minProperties: 1,
          additionalProperties: false,
          description: 'Tighter limits on the same measurement, whose breach only warns.',
        },
      }),
    },
    required: [...kind.required],
    additionalProperties: false,
    ...(kind.anyOf && { anyOf: kind.anyOf.map((name) => ({ required: [name] })) }),
  };
}

interface SchemaProblem {
  readonly path: string[];
  readonly message: string;
  readonly atKey?: boolean;
  readonly nearest?: string;
}

/** What the kind's schema finds wrong with one declared check. */
export function checkIssues(kind: CheckKind, declared: unknown): SchemaProblem[] {
  if (!isJsonObject(declared as JsonObject))
    return [{ path: [], message: `A check is a mapping, such as ${kind.example}` }];
  const validate = validatorOf(kind.name, () => checkSchema(kind));
  return problemsOf(validate, declared, kind);
}

/** The same of what stands beside the checks. */
export function optionIssues(declared: JsonObject): SchemaProblem[] {
  const validate = validatorOf('', () => ({ type: 'object', properties: suiteOptions }));
  return problemsOf(validate, declared, { name: 'suite', example: 'dataset: orders' });
}

type Named = Pick<CheckKind, 'name' | 'example' | 'anyOf'>;

function problemsOf(validate: ValidateFunction, declared: unknown, named: Named): SchemaProblem[] {
  if (validate(declared)) return [];
  const errors = (validate.errors ?? []).filter(({ schemaPath }) => !schemaPath.startsWith('#/anyOf/'));
  return errors.map((error) => problemOf(named, error));
}

const validators = new Map<string, ValidateFunction>();

/** Made at the first use: compiling all of them would be a good part of a process's start. */
function validatorOf(name: string, schema: () => JsonObject): ValidateFunction {
  const known = validators.get(name);
  if (known) return known;
  const validate = new Ajv({
    allErrors: true,
    strict: false,
    strictNumbers: true,
    verbose: true,
    validateSchema: false,
  }).compile(schema());
  validators.set(name, validate);
  return validate;
}

function problemOf(kind: Named, error: ErrorObject): SchemaProblem {
  const path = error.instancePath.split('/').slice(1);
  const name = path.at(-1) ?? kind.name;
  const { keyword, params, parentSchema, message } = error;
  if (keyword === 'required') return { path, message: `${params.missingProperty} is missing, as in ${kind.example}` };
  if (keyword === 'anyOf') return { path, message: `One of these is missing: ${(kind.anyOf ?? []).join(', ')}.` };
  if (keyword === 'enum')
    return {
      ...{ path, ...nearestOf(String(error.data), params.allowedValues) },
      message: `${name} is one of: ${params.allowedValues.join(', ')}.${didYouMean(String(error.data), params.allowedValues)}`,
    };
  if (keyword === 'type')
    return {
      path,
      message: `${name} takes ${[params.type]
        .flat()
        .map((type) => TYPES[type] ?? type)
        .join(' or ')}.`,
    };
  if (keyword === 'additionalProperties') {
    const known = Object.keys((parentSchema as { properties?: object }).properties ?? {});
    const extra = String(params.additionalProperty);
    return {
      ...{ path: [...path, extra], atKey: true, ...nearestOf(extra, known) },
      message: `${extra} is not known here.${didYouMean(extra, known) || ` Known are: ${known.join(', ')}.`}`,
    };
  }
  return { path, message: `${name} ${message ?? 'does not fit'}.` };
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  array: 'a list',
  object: 'a mapping',
  boolean: 'true or false',
};
