import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Origins } from './resolve-references.ts';
import { type Finding, type Known, refusal } from './validate.ts';

/** Why a component can't run here. */
export interface Refusal {
  readonly reason: string;
  /** Where only a Python class is missing. */
  readonly className?: string;
}

/** Of a component and all below it. */
export function refusalsBelow(value: JsonValue | undefined, known: Known): Refusal[] {
  if (Array.isArray(value)) return value.flatMap((item) => refusalsBelow(item, known));
  if (!isJsonObject(value)) return [];
  const reason = typeof value.type === 'string' ? refusal(value.type, value, known) : null;
  const className = typeof value.class_name === 'string' ? value.class_name : undefined;
  return [
    ...(reason === null ? [] : [{ reason, ...(className && { className }) }]),
    ...Object.entries(value)
      .filter(([key]) => key !== '$parameters' && key !== 'schema' && key !== 'connection_specification')
      .flatMap(([, item]) => refusalsBelow(item, known)),
  ];
}

/** What refuses every stream: the spec's rules for the config, and the budget of the API. */
export function refusalsOfAll(source: JsonObject, known: Known): Refusal[] {
  return [...refusalsBelow(withoutValidations(source.spec), known), ...refusalsBelow(source.api_budget, known)];
}

/** Names of streams that a group holds: they must not be read at once with others. */
export function groupedNames(source: JsonObject): Set<string> {
  const groups = isJsonObject(source.stream_groups) ? Object.values(source.stream_groups).filter(isJsonObject) : [];
  return new Set(groups.flatMap(({ streams }) => componentsOf(streams).map(({ name }) => String(name))));
}

/** Checks of the config that can't run, each as a warning. */
export function uncheckedFindings(source: JsonObject, known: Known, origins: Origins): Finding[] {
  return validationsIn(source.spec).flatMap((validation) => {
    const [first] = refusalsBelow(validation, known);
    if (!first) return [];
    return {
      severity: 'warning',
      code: 'unsupported_component',
      message: `A check of the config is left out: ${first.reason}`,
      hint: 'All streams work; an operator can register a module for this class (docs/custom-components.md).',
      path: origins.of(validation) ?? [],
    };
  });
}

function validationsIn(spec: JsonValue | undefined): JsonObject[] {
  const rules = isJsonObject(spec) ? spec.config_normalization_rules : undefined;
  return isJsonObject(rules) ? componentsOf(rules.validations) : [];
}

/** What checks the config and can't run refuses no stream: each reads without it as it would with it. */
function withoutValidations(spec: JsonValue | undefined): JsonValue | undefined {
  if (!isJsonObject(spec) || !isJsonObject(spec.config_normalization_rules)) return spec;
  const { validations: _left, ...rules } = spec.config_normalization_rules;
  return { ...spec, config_normalization_rules: rules };
}

/** Those of a list that are components. */
export function componentsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
