import type { JsonObject, JsonValue } from '#lib/json.ts';
import { component, defineKind } from '#lib/manifest/kind.ts';
import { interpolate, interpolateText, plain } from '#lib/manifest/template/interpolate.ts';
import { valueAt, valuesAt } from '../paths.ts';
import { scopeOf } from '../scope.ts';
import type { ConfigValidator } from './config-rules.ts';
import type { ValidationStrategy } from './validate-adheres-to-schema.ts';

const strategy = component('What the value must be.', 'validation_strategy', { required: true });
const EXAMPLE = 'validation_strategy:\n  type: ValidateAdheresToSchema\n  base_schema: { type: integer, minimum: 1 }\n';

export const dpathValidator = defineKind<ConfigValidator>({
  name: 'DpathValidator',
  family: 'config_validation',
  docs: 'Checks the value at a path of the config; where there is none, nothing is checked.',
  example: `type: DpathValidator\nfield_path: [account_id]\n${EXAMPLE}`,
  fields: {
    field_path: {
      docs: 'The path, outermost first; * stands for any key.',
      required: true,
      types: ['array'],
      variables: ['config', 'parameters'],
    },
    validation_strategy: strategy,
  },
  create(validator, build) {
    const check = build.create<ValidationStrategy>(validator.validation_strategy);
    return {
      problems(config) {
        const scope = scopeOf({ config, now: build.now }, validator);
        const path = (validator.field_path as JsonValue[]).map((part) => interpolateText(String(part), scope));
        const values = path.includes('*') ? valuesAt(config, path) : [valueAt(config, path)];
        return values
          .filter((value) => value !== undefined)
          .flatMap((value) => check.problems(value).map((problem) => `${path.join('.')}: ${problem}`));
      },
    };
  },
});

export const predicateValidator = defineKind<ConfigValidator>({
  name: 'PredicateValidator',
  family: 'config_validation',
  docs: 'Checks a value that a template makes of the config.',
  example: `type: PredicateValidator\nvalue: "{{ config['account_id'] }}"\n${EXAMPLE}`,
  fields: {
    value: {
      docs: 'The value, or a template that gives it.',
      required: true,
      types: ['string', 'number', 'object', 'array', 'boolean', 'null'],
      variables: ['config', 'parameters'],
    },
    validation_strategy: strategy,
  },
  create(validator, build) {
    const check = build.create<ValidationStrategy>(validator.validation_strategy);
    return { problems: (config) => check.problems(valueToCheck(validator, config, build.now)) };
  },
});

function valueToCheck(validator: JsonObject, config: JsonObject, now: () => Date): JsonValue {
  const { value = null } = validator;
  if (typeof value !== 'string') return value;
  return plain(interpolate(value, scopeOf({ config, now }, validator))) as JsonValue;
}
