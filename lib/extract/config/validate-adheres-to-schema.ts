import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';
import { type SchemaCheck, schemaCheck } from './schema-problems.ts';

/** Says what is wrong with a value. */
export interface ValidationStrategy {
  problems(value: JsonValue): string[];
}

export const validateAdheresToSchema = defineKind<ValidationStrategy>({
  name: 'ValidateAdheresToSchema',
  family: 'validation_strategy',
  docs: 'The value fits a JSON schema; a text is read as JSON first.',
  example: 'type: ValidateAdheresToSchema\nbase_schema: { type: object, required: [id] }\n',
  fields: { base_schema: { docs: 'The schema, or its text.', required: true, types: ['object', 'string'] } },
  create(strategy) {
    const check = checkBy(strategy.base_schema);
    return {
      problems(value) {
        const parsed = typeof value === 'string' ? parse(value) : { value };
        return parsed ? check(parsed.value) : ['is no JSON text.'];
      },
    };
  },
});

function checkBy(source: JsonValue | undefined): SchemaCheck {
  const schema = typeof source === 'string' ? parse(source)?.value : source;
  try {
    return schemaCheck(isJsonObject(schema) ? schema : {});
  } catch (cause) {
    throw new WeirError({
      kind: 'config',
      code: 'bad_schema',
      message: `base_schema is no JSON schema: ${(cause as Error).message}.`,
      hint: 'Correct it in the manifest.',
      cause,
    });
  }
}

function parse(text: string): { value: JsonValue } | null {
  try {
    return { value: parseJson(text) };
  } catch {
    return null;
  }
}
