import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { referencesIn } from '#lib/env-references.ts';
import type { Issue } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';

/** Longer values are refused before any pattern of the spec is tried on them. */
const VALUE_LENGTH = 200_000;

/** All that is wrong with a config, by field (`config.credentials.client_id`), in sentences for the form. */
export function configIssues(spec: JsonObject, config: JsonObject): Issue[] {
  if (JSON.stringify(config).length > VALUE_LENGTH) return [{ path: 'config', message: 'This is too long.' }];
  return schemaIssues(
    spec,
    config,
    'config',
    ({ data }) => typeof data !== 'string' || referencesIn(data).length === 0,
  );
}

/**
 * All that a JSON schema finds wrong with a value. Of a `oneOf` only the branch counts that the value has chosen by
 * its constant, as people see one branch at a time.
 * @param root what the paths begin with
 * @param counts leaves errors out; what a reference stands for has no form of its own yet
 */
export function schemaIssues(
  schema: JsonObject,
  value: unknown,
  root = '',
  counts: (error: ErrorObject) => boolean = () => true,
): Issue[] {
  const validate = compiled(schema);
  if (validate(value)) return [];
  const issues = ofChosenBranches((validate.errors ?? []).filter(counts)).map((error) => toIssue(error, root));
  return issues.filter((issue, index) => issues.findIndex(({ path }) => path === issue.path) === index);
}

const validators = new WeakMap<JsonObject, ValidateFunction>();

function compiled(schema: JsonObject): ValidateFunction {
  const known = validators.get(schema);
  if (known) return known;
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true, validateSchema: false, logger: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  validators.set(schema, validate);
  return validate;
}

/** Drops the errors of branches that were not chosen; keeps one error where none was. */
function ofChosenBranches(errors: ErrorObject[]): ErrorObject[] {
  const choices = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
  return choices.reduce((left, choice) => withoutOtherBranches(left, choice), errors);
}

function withoutOtherBranches(errors: ErrorObject[], choice: ErrorObject): ErrorObject[] {
  const branchOf = (error: ErrorObject) => {
    const inside = error.schemaPath.startsWith(`${choice.schemaPath}/`) && error !== choice;
    return inside ? error.schemaPath.slice(choice.schemaPath.length + 1).split('/')[0] : undefined;
  };
  const refused = new Set(errors.filter(({ keyword }) => keyword === 'const').map(branchOf));
  const chosen = errors.map(branchOf).find((branch) => branch !== undefined && !refused.has(branch));
  return errors.filter((error) => {
    const branch = branchOf(error);
    return error === choice ? chosen === undefined : branch === undefined || branch === chosen;
  });
}

function toIssue(error: ErrorObject, root: string): Issue {
  const missing = error.keyword === 'required' ? [String(error.params.missingProperty)] : [];
  const extra = error.keyword === 'additionalProperties' ? [String(error.params.additionalProperty)] : [];
  const parts = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { path: [root, ...parts, ...missing, ...extra].filter(Boolean).join('.'), message: sentence(error) };
}

/** Who writes a word where an object is wanted can't guess how it looks. */
function example(schema: JsonValue): string {
  const usual = isJsonObject(schema) ? schema.default : undefined;
  return isJsonObject(usual) ? `, such as ${JSON.stringify(usual)}` : '';
}

function sentence({ keyword, params, parentSchema, message }: ErrorObject): string {
  const schema: JsonValue = (parentSchema ?? {}) as JsonObject;
  if (keyword === 'required') return 'This is required.';
  if (keyword === 'type') return `This must be of type ${[params.type].flat().join(' or ')}${example(schema)}.`;
  if (keyword === 'enum') return `One of: ${params.allowedValues.map(String).join(', ')}.`;
  if (keyword === 'oneOf' || keyword === 'anyOf') return 'Choose one of the options.';
  if (keyword === 'additionalProperties') return 'This field is not known.';
  if (keyword === 'format') return `This must be a valid ${params.format}.`;
  if (keyword === 'pattern' && isJsonObject(schema) && typeof schema.pattern_descriptor === 'string')
    return `This must have the form ${schema.pattern_descriptor}.`;
  return `This ${message ?? 'is not valid'}.`;
}
