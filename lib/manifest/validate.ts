import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { Fix } from './issue.ts';
import type { Family, Field, Kind } from './kind.ts';
import type { Origins, Path } from './resolve-references.ts';
import { templateProblems } from './template/template.ts';
import { nearest } from './template/template-error.ts';

/** A problem at a place of the text: the value at `path`, or the characters from `offset` in it. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly fix?: Fix | undefined;
  readonly path: Path;
  /** In the value's text; for templates. */
  readonly offset?: number;
  /** Mark the key rather than the value. */
  readonly onKey?: boolean;
}

export interface Known {
  readonly kinds: ReadonlyMap<string, Kind>;
  /** Names of the CDK's components that Weir does not run, with why. */
  readonly unsupported: ReadonlyMap<string, string>;
}

const TOLERATED = ['type', '$parameters', 'name', 'primary_key', '$ref', 'description', 'metadata'];

/** Variables of the CDK's first years. */
const RETIRED = ['stream_state', 'last_records'];

/** All that is wrong with one component and those below it. */
export function validateComponent(
  component: JsonObject,
  families: readonly Family[],
  known: Known,
  origins: Origins,
): Finding[] {
  const at = origins.of(component) ?? [];
  const { type } = component;
  if (typeof type !== 'string')
    return [
      {
        severity: 'error',
        code: 'missing_type',
        message: `A type is missing: ${namesOf(families, known).join(', ')}.`,
        path: at,
      },
    ];
  if (refusal(type, component, known) !== null) return [];
  const kind = known.kinds.get(type);
  const typePath = origins.of(component, 'type') ?? at;
  if (!kind) return [unknownType(type, families, known, typePath)];
  if (!families.includes(kind.family)) {
    return [
      {
        severity: 'error',
        code: 'wrong_type',
        message: `${type} can't stand here.`,
        hint: `One of: ${namesOf(families, known).join(', ')}.`,
        path: typePath,
      },
    ];
  }
  return [
    ...missingFields(component, kind, at),
    ...Object.entries(component).flatMap(([name, value]) =>
      fieldFindings(component, kind, name, value, known, origins),
    ),
    ...(kind.problems?.(component) ?? []).map((problem) => ({
      severity: problem.harmless ? ('warning' as const) : ('error' as const),
      code: 'invalid_component',
      message: problem.message,
      hint: problem.hint,
      path: (problem.field ? origins.of(component, problem.field) : undefined) ?? at,
      onKey: problem.field !== undefined,
    })),
  ];
}

/** Why Weir does not run this component; null when it does. */
export function refusal(type: string, component: JsonObject, { unsupported }: Known): string | null {
  if (type.startsWith('Custom'))
    return `${type} needs the Python class ${String(component.class_name ?? '')}, which Weir does not run.`;
  return unsupported.has(type) ? `${type} is not supported: ${unsupported.get(type)}.` : null;
}

function unknownType(type: string, families: readonly Family[], known: Known, path: Path): Finding {
  const near = nearest(type, namesOf(families, known)) ?? nearest(type, known.kinds.keys());
  const hint = near ? `Did you mean ${near}?` : `One of: ${namesOf(families, known).join(', ')}.`;
  return {
    ...{ severity: 'error', code: 'unknown_component', message: `There is no component named ${type}.` },
    ...{ hint, path, fix: insteadOf(near) },
  };
}

function insteadOf(near: string | null): Fix | undefined {
  return near === null ? undefined : { replace: near };
}

function namesOf(families: readonly Family[], { kinds }: Known): string[] {
  return [...kinds.values()].filter((kind) => families.includes(kind.family)).map((kind) => kind.name);
}

function missingFields(component: JsonObject, kind: Kind, path: Path): Finding[] {
  return Object.entries(kind.fields)
    .filter(([name, field]) => field.required && (component[name] === undefined || component[name] === null))
    .map(([name, field]) => {
      const meant = misspelt(component, kind, name);
      return {
        ...{ severity: 'error', code: 'missing_field', message: `${kind.name} needs ${name}.`, path },
        // What is there under a wrong name is mended where it stands: a second one would leave its value without effect.
        ...(meant === undefined ? { hint: field.docs, fix: { add: name } } : { hint: `Is ${meant} meant to be it?` }),
      };
    });
}

/** The field that stands there under a name that is nearly this one. */
function misspelt(component: JsonObject, kind: Kind, name: string): string | undefined {
  const names = Object.keys(kind.fields);
  return Object.keys(component).find((key) => !Object.hasOwn(kind.fields, key) && nearest(key, names) === name);
}

function fieldFindings(
  component: JsonObject,
  kind: Kind,
  name: string,
  value: JsonValue,
  known: Known,
  origins: Origins,
): Finding[] {
  const path = origins.of(component, name) ?? [];
  const field = kind.fields[name];
  if (!field) return unknownField(component, kind, name, path);
  if (value === null) return [];
  if (field.families) {
    const findings = componentFindings(value, field, known, origins, path);
    return field.partial ? findings.filter(({ code }) => !FILLED_IN_LATER.includes(code)) : findings;
  }
  const wrong = typeFinding(name, field, value, path);
  if (wrong) return [wrong];
  return field.variables ? templateFindings(value, { variables: field.variables, known, origins }, path) : [];
}

const FILLED_IN_LATER = ['missing_field', 'missing_type', 'invalid_component', 'unknown_field'];

/** The CDK tolerates fields that it does not know; here they are pointed out. */
function unknownField(component: JsonObject, kind: Kind, name: string, path: Path): Finding[] {
  const inherited = isJsonObject(component.$parameters) && name in component.$parameters;
  if (inherited || TOLERATED.includes(name)) return [];
  const near = nearest(name, Object.keys(kind.fields));
  return [
    {
      severity: 'warning',
      code: 'unknown_field',
      message: `${kind.name} has no field named ${name}; it has no effect.`,
      hint: near ? `Did you mean ${near}?` : undefined,
      fix: insteadOf(near) ?? { remove: name },
      path,
      onKey: true,
    },
  ];
}

function componentFindings(value: JsonValue, field: Field, known: Known, origins: Origins, path: Path): Finding[] {
  const families = field.families ?? [];
  if (Array.isArray(value)) return value.flatMap((item) => componentFindings(item, field, known, origins, path));
  if (isJsonObject(value)) {
    if (field.types?.includes('object') && value.type === undefined) {
      return Object.values(value).flatMap((item) =>
        componentFindings(item, { ...field, types: [] }, known, origins, path),
      );
    }
    return validateComponent(value, families, known, origins);
  }
  const wrong = typeFinding('', field, value, path);
  if (field.types && !wrong)
    return field.variables ? templateFindings(value, { variables: field.variables, known, origins }, path) : [];
  return [
    {
      severity: 'error',
      code: 'wrong_type',
      message: `A component is expected here: ${namesOf(families, known).join(', ')}.`,
      path,
    },
  ];
}

function typeFinding(name: string, { types, values }: Field, value: JsonValue, path: Path): Finding | null {
  if (types && types.length > 0 && !types.some((type) => hasType(value, type))) {
    return {
      severity: 'error',
      code: 'wrong_type',
      message: `${name || 'This'} takes ${types.join(' or ')}, not ${typeOf(value)}.`,
      path,
    };
  }
  if (values && typeof value === 'string' && !values.includes(value)) {
    const near = nearest(value, values);
    return {
      severity: 'error',
      code: 'wrong_value',
      message: `${name} takes ${values.join(', ')}, not ${value}.`,
      hint: near ? `Did you mean ${near}?` : undefined,
      fix: insteadOf(near),
      path,
    };
  }
  return null;
}

function hasType(value: JsonValue, type: string): boolean {
  if (type === 'integer') return typeof value === 'bigint' || Number.isInteger(value);
  if (type === 'number') return typeof value === 'number' || typeof value === 'bigint';
  return typeOf(value) === type;
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return isJsonObject(value) ? 'object' : typeof value === 'bigint' ? 'number' : typeof value;
}

interface Templates {
  readonly variables: readonly string[];
  readonly known: Known;
  readonly origins: Origins;
}

function templateFindings(value: JsonValue, place: Templates, path: Path): Finding[] {
  const { variables, known, origins } = place;
  if (typeof value === 'string') {
    if (!/\{\{|\{%|\{#/.test(value)) return [];
    return templateProblems(value, variables, ['json_loads']).map(({ variable, ...problem }) => ({
      severity: variable !== undefined && (!problem.fix || isElsewhere(variable, known)) ? 'warning' : 'error',
      ...problem,
      path,
    }));
  }
  if (Array.isArray(value))
    return value.flatMap((item, index) => templateFindings(item, place, origins.of(value, index) ?? path));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => templateFindings(item, place, origins.of(value, key) ?? path));
}

/** Whether a variable has a value at other places, or had one: what reads it here fails when it is used, and the rest of the manifest works. */
function isElsewhere(variable: string, { kinds }: Known): boolean {
  if (RETIRED.includes(variable)) return true;
  return [...kinds.values()].some(({ fields }) =>
    Object.values(fields).some(({ variables }) => variables?.includes(variable)),
  );
}
