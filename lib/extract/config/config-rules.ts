import { WeirError } from '#lib/errors.ts';
import type { JsonObject, JsonValue } from '#lib/json.ts';
import { type Build, component, defineKind } from '#lib/manifest/kind.ts';

/** Makes another config of one. */
export interface ConfigTransformation {
  transform(config: JsonObject): JsonObject;
}

/** Looks at a config and says what is wrong with it. */
export interface ConfigValidator {
  problems(config: JsonObject): string[];
}

/** What is done with a config before anything is read. */
export interface ConfigRules {
  /** For good: what this gives is stored. */
  migrate(config: JsonObject): JsonObject;
  /** For this run only. */
  transform(config: JsonObject): JsonObject;
  problems(config: JsonObject): string[];
  /** Checks that are left out, since they need what Weir does not run. */
  readonly unchecked: readonly string[];
}

export const configMigration = defineKind<ConfigTransformation>({
  name: 'ConfigMigration',
  family: 'config_migration',
  docs: 'Brings configs of an older version into the form of this one; the result is stored.',
  example:
    'type: ConfigMigration\ndescription: One account id became a list.\ntransformations:\n  - type: ConfigRemoveFields\n    field_pointers: [[account_id]]\n',
  fields: {
    description: { docs: 'For people.', types: ['string'] },
    transformations: component('What is changed, in order.', 'config_transformation', {
      required: true,
      types: ['array'],
    }),
  },
  create: (migration, build) => inOrder(list(migration.transformations), (item) => build.create(item)),
});

export const configRules = defineKind<ConfigRules>({
  name: 'ConfigNormalizationRules',
  family: 'config_rules',
  docs: 'What is done with the config before anything is read: migrations, changes, checks.',
  example:
    'type: ConfigNormalizationRules\ntransformations:\n  - type: ConfigAddFields\n    fields:\n      - { type: AddedFieldDefinition, path: [region], value: eu }\n',
  fields: {
    config_migrations: component('Changes that are stored.', 'config_migration', {
      types: ['array'],
      defaultType: 'ConfigMigration',
    }),
    transformations: component('Changes for each run, in order.', 'config_transformation', { types: ['array'] }),
    validations: component('What the config must be.', 'config_validation', { types: ['array'] }),
  },
  create(rules, build) {
    const migration = inOrder(list(rules.config_migrations), (item) => build.create(item));
    const transformation = inOrder(list(rules.transformations), (item) => build.create(item));
    const { validators, unchecked } = validatorsOf(list(rules.validations), build);
    return {
      migrate: migration.transform,
      transform: transformation.transform,
      problems: (config) => validators.flatMap((validator) => validator.problems(config)),
      unchecked,
    };
  },
});

/** One that needs a Python class is left out and told: streams read the same without it. */
function validatorsOf(validations: readonly JsonValue[], build: Build) {
  const validators: ConfigValidator[] = [];
  const unchecked: string[] = [];
  for (const validation of validations) {
    try {
      validators.push(build.create<ConfigValidator>(validation));
    } catch (error) {
      if (!(error instanceof WeirError) || error.code !== 'unsupported_component') throw error;
      unchecked.push(`A check of the config is left out: ${error.message}`);
    }
  }
  return { validators, unchecked };
}

function inOrder(items: readonly JsonValue[], create: (item: JsonValue) => ConfigTransformation): ConfigTransformation {
  const all = items.map(create);
  return { transform: (config) => all.reduce((result, item) => item.transform(result), config) };
}

function list(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}
