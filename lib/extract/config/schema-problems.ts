import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { JsonObject, JsonValue } from '#lib/json.ts';

/** Says what is wrong with a value, in words for people; one entry for each place. */
export type SchemaCheck = (value: JsonValue) => string[];

/**
 * A check by a JSON schema, as Airbyte's Python makes it: formats are not looked at, and neither is the draft that the schema names,
 * since the words that they share mean the same.
 * @throws Error where it is no schema
 */
export function schemaCheck({ $schema: _draft, ...schema }: JsonObject): SchemaCheck {
  const ajv = new Ajv({
    ...{ strict: false, allErrors: true, validateFormats: false, validateSchema: false },
    ...{ unicodeRegExp: false, logger: false },
  });
  const validate: ValidateFunction = ajv.compile(schema);
  return (value) => (validate(value) ? [] : [...new Set((validate.errors ?? []).map(sentence))]);
}

function sentence({ instancePath, message = 'is wrong', keyword, params }: ErrorObject): string {
  const allowed = keyword === 'enum' ? `: ${params.allowedValues.map(String).join(', ')}` : '';
  return [instancePath.slice(1).replaceAll('/', '.'), `${message}${allowed}`].filter(Boolean).join(' ');
}
