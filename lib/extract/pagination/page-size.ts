import type { JsonObject } from '#lib/json.ts';
import { type Build, type Field, PAGE } from '#lib/manifest/kind.ts';
import { interpolate, plain } from '#lib/manifest/template/interpolate.ts';
import { scopeOf } from '../scope.ts';

export const pageSizeField: Field = {
  docs: 'Records that a page holds; a page with fewer is the last.',
  types: ['integer', 'string'],
  variables: ['config', 'parameters', ...PAGE],
};

/** The size as a number; null when none is declared. */
export function pageSizeOf(strategy: JsonObject, build: Build): number | null {
  const { page_size: size } = strategy;
  if (size === undefined || size === null) return null;
  return Number(typeof size === 'string' ? plain(interpolate(size, scopeOf(build, strategy))) : size);
}
