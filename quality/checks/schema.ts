import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import type { TableColumn } from '../engine.ts';
import type { CheckKind } from './check-kind.ts';

const names = (description: string): JsonObject => ({
  type: 'array',
  items: { type: 'string', minLength: 1 },
  maxItems: 2000,
  description,
});
/** Columns that every load brings and nobody declares. */
const OWN = /^_(airbyte|weir)_/;
const CHANGES = ['added', 'removed', 'retyped'] as const;

/** Columns and their types. */
export const schema: CheckKind = {
  name: 'schema',
  docs: 'The table has the `required` columns and none of the `forbidden` ones, each of `types` has the type that it names (as the database spells it), with `only` there is no other column; and since the load before no column was added, removed or has changed its type, except for those `allowed_changes`. Weir’s own columns do not count.',
  example: 'schema: [{required: [id, email], types: {id: bigint}, allowed_changes: [added]}]',
  scope: 'table',
  readsColumns: true,
  properties: {
    required: names('Columns that must be there.'),
    forbidden: names('Columns that must not be there.'),
    only: names('All columns that may be there.'),
    types: { type: 'object', additionalProperties: { type: 'string' }, description: 'Types by column.' },
    allowed_changes: {
      type: 'array',
      items: { enum: [...CHANGES] },
      uniqueItems: true,
      description:
        'Changes since the load before that are fine; none unless told, all of them where only lists are given.',
    },
  },
  required: [],
  limits: [],
  problems: (_params, { where }) =>
    where === undefined
      ? []
      : [{ path: 'where', message: 'It would not be heeded: the columns of a table are the same for all rows.' }],
  subject: () => 'columns',
  columns: () => [],
  metrics: () => [],

  evaluate(params, _where, read, { memory }) {
    const now = read.columns.filter(({ name }) => !OWN.test(name));
    const wrong = [...declared(params, now), ...changed(params, now, memory)];
    const count = wrong.length;
    return {
      ok: count === 0,
      value: count,
      valueText: count === 0 ? `${now.length} columns` : `${count} ${count === 1 ? 'difference' : 'differences'}`,
      limitText: 'as declared',
      low: null,
      high: 0,
      message: count === 0 ? `the ${now.length} columns are as they should be` : wrong.slice(0, 8).join('; '),
      memory: Object.fromEntries(now.map(({ name, type }) => [name, type])),
    };
  },
};

function declared({ required, forbidden, only, types }: JsonObject, now: readonly TableColumn[]): string[] {
  const have = new Map(now.map(({ name, type }) => [name, type]));
  const listOf = (value: JsonValue | undefined) => (Array.isArray(value) ? value.map(String) : []);
  const wanted = Object.entries(isJsonObject(types ?? null) ? (types as JsonObject) : {});
  return [
    ...listOf(required).flatMap((name) => (have.has(name) ? [] : [`${name} is missing`])),
    ...listOf(forbidden).flatMap((name) => (have.has(name) ? [`${name} must not be there`] : [])),
    ...(only === undefined
      ? []
      : now.flatMap(({ name }) => (listOf(only).includes(name) ? [] : [`${name} is not expected`]))),
    ...wanted.flatMap(([name, type]) => {
      const is = have.get(name);
      if (is === undefined) return [`${name} is missing`];
      return is.toLowerCase() === String(type).toLowerCase() ? [] : [`${name} is ${is}, not ${type}`];
    }),
  ];
}

function changed(params: JsonObject, now: readonly TableColumn[], memory: JsonValue): string[] {
  if (!isJsonObject(memory)) return [];
  const declaresOnly = ['required', 'forbidden', 'only', 'types'].some((name) => params[name] !== undefined);
  const allowed = new Set<unknown>((params.allowed_changes as string[] | undefined) ?? (declaresOnly ? CHANGES : []));
  const have = new Map(now.map(({ name, type }) => [name, type]));
  const found = [
    ...now.filter(({ name }) => memory[name] === undefined).map(({ name }) => ['added', `${name} was added`] as const),
    ...Object.keys(memory)
      .filter((name) => !have.has(name))
      .map((name) => ['removed', `${name} was removed`] as const),
    ...now
      .filter(({ name, type }) => memory[name] !== undefined && memory[name] !== type)
      .map(({ name, type }) => ['retyped', `${name} was ${memory[name]} and is ${type}`] as const),
  ];
  return found.flatMap(([change, words]) => (allowed.has(change) ? [] : [words]));
}
