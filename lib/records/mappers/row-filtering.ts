import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from '#lib/json.ts';
import { type MapperKind, same, textOf } from './mapper.ts';

type Condition = (record: JsonObject) => boolean;

const MAX_DEPTH = 20;

/** Only records that meet the condition go on: EQUAL, or NOT, AND and OR of others. Values compare as text. */
export const rowFiltering: MapperKind = {
  type: 'row-filtering',
  title: 'Keep rows that',
  issues: ({ conditions }) => issuesOf(conditions, 0),
  compile(configuration) {
    const holds = compileCondition(configuration.conditions);
    return { ...same, map: (record) => (holds(record) ? record : null) };
  },
};

function issuesOf(condition: JsonValue | undefined, depth: number): string[] {
  if (!isJsonObject(condition)) return ['conditions is missing.'];
  if (depth > MAX_DEPTH) return [`conditions nest deeper than ${MAX_DEPTH}.`];
  if (condition.type === 'EQUAL') return textOf(condition, 'fieldName') === '' ? ['fieldName is missing.'] : [];
  if (['NOT', 'AND', 'OR'].includes(String(condition.type))) {
    const { conditions } = condition;
    if (!Array.isArray(conditions) || conditions.length === 0) return [`${condition.type} needs conditions.`];
    return conditions.flatMap((one) => issuesOf(one, depth + 1));
  }
  return ['A condition is of type EQUAL, NOT, AND or OR.'];
}

function compileCondition(condition: JsonValue | undefined): Condition {
  if (!isJsonObject(condition)) return () => true;
  if (condition.type === 'EQUAL') {
    const field = textOf(condition, 'fieldName');
    const wanted = textValue(condition.comparisonValue ?? null);
    return (record) => textValue(record[field] ?? null) === wanted;
  }
  const inner = (Array.isArray(condition.conditions) ? condition.conditions : []).map(compileCondition);
  if (condition.type === 'NOT') return (record) => !inner.every((holds) => holds(record));
  if (condition.type === 'OR') return (record) => inner.some((holds) => holds(record));
  return (record) => inner.every((holds) => holds(record));
}

function textValue(value: JsonValue): string | null {
  if (value === null || typeof value === 'string') return value;
  return stringifyJson(value);
}
