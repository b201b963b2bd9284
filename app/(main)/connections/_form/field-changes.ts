import type { ConfiguredStream, Mapper } from '#lib/catalog.ts';
import { isJsonObject } from '#lib/json.ts';

/** What the form shows of a stream's mappers; others that a program set stay as they are. */
export interface RowFilter {
  readonly field: string;
  readonly value: string;
  readonly not: boolean;
}

export function keptFields({ selectedFields }: ConfiguredStream, all: readonly string[]): readonly string[] {
  return selectedFields ?? all;
}

/** All fields again is no selection: then new ones come too. */
export function withKept(
  configured: ConfiguredStream,
  field: string,
  kept: boolean,
  all: readonly string[],
): ConfiguredStream {
  const { selectedFields, ...rest } = configured;
  const now = new Set(selectedFields ?? all);
  if (kept) now.add(field);
  else now.delete(field);
  return all.every((one) => now.has(one)) ? rest : { ...rest, selectedFields: all.filter((one) => now.has(one)) };
}

export function newNameOf({ mappers = [] }: ConfiguredStream, field: string): string {
  const mapper = mappers.find((one) => renames(one, field));
  return String(mapper?.mapperConfiguration.newFieldName ?? '');
}

export function withNewName(configured: ConfiguredStream, field: string, name: string): ConfiguredStream {
  const others = (configured.mappers ?? []).filter((mapper) => !renames(mapper, field));
  if (name === '' || name === field) return withMappers(configured, others);
  const mapperConfiguration = { originalFieldName: field, newFieldName: name };
  // After hashing, which knows the field by its own name.
  return withMappers(configured, [...others, { type: 'field-renaming', mapperConfiguration }]);
}

export function isHashed({ mappers = [] }: ConfiguredStream, field: string): boolean {
  return mappers.some((mapper) => hashes(mapper, field));
}

export function withHash(configured: ConfiguredStream, field: string, on: boolean): ConfiguredStream {
  const others = (configured.mappers ?? []).filter((mapper) => !hashes(mapper, field));
  const mapper = { type: 'hashing', mapperConfiguration: { targetField: field, method: 'SHA-256' } };
  return withMappers(configured, on ? [mapper, ...others] : others);
}

export function filterOf({ mappers = [] }: ConfiguredStream): RowFilter | null {
  const conditions = mappers.find(({ type }) => type === 'row-filtering')?.mapperConfiguration.conditions;
  if (!isJsonObject(conditions)) return null;
  const not = conditions.type === 'NOT';
  const inner = not && Array.isArray(conditions.conditions) ? conditions.conditions[0] : conditions;
  if (!isJsonObject(inner) || inner.type !== 'EQUAL') return null;
  return { field: String(inner.fieldName ?? ''), value: String(inner.comparisonValue ?? ''), not };
}

/** First of all, by the fields' own names. */
export function withFilter(configured: ConfiguredStream, filter: RowFilter | null): ConfiguredStream {
  const others = (configured.mappers ?? []).filter(({ type }) => type !== 'row-filtering');
  if (filter === null) return withMappers(configured, others);
  const equal = { type: 'EQUAL', fieldName: filter.field, comparisonValue: filter.value };
  const conditions = filter.not ? { type: 'NOT', conditions: [equal] } : equal;
  return withMappers(configured, [{ type: 'row-filtering', mapperConfiguration: { conditions } }, ...others]);
}

function withMappers(configured: ConfiguredStream, mappers: readonly Mapper[]): ConfiguredStream {
  const { mappers: _old, ...rest } = configured;
  return mappers.length > 0 ? { ...rest, mappers } : rest;
}

function renames({ type, mapperConfiguration }: Mapper, field: string): boolean {
  return type === 'field-renaming' && mapperConfiguration.originalFieldName === field;
}

function hashes({ type, mapperConfiguration }: Mapper, field: string): boolean {
  return type === 'hashing' && mapperConfiguration.targetField === field;
}
