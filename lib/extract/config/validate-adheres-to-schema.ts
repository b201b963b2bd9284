import { Ajv } from 'ajv';
import { WeirError } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';

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
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
    const validate = compiled(ajv, schemaOf(strategy.base_schema));
    return {
      problems(value) {
        const parsed = typeof value === 'string' ? parse(value) : { value };
        if (!parsed) return ['is no JSON text.'];
        if (validate(parsed.value)) return [];
        return (validate.errors ?? []).map(({ instancePath, message = 'is wrong' }) =>
          [instancePath.slice(1).replaceAll('/', '.'), message].filter(Boolean).join(' '),
        );
      },
    };
  },
});

/** The draft that a schema names is not looked up: the words that they share mean the same. */
function schemaOf(source: JsonValue | undefined): JsonObject {
  const schema = typeof source === 'string' ? parse(source)?.value : source;
  const { $schema: _draft, ...rest } = isJsonObject(schema) ? schema : {};
  return rest;
}

function compiled(ajv: Ajv, schema: JsonObject) {
  try {
    return ajv.compile(schema);
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
