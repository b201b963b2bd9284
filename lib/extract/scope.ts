import { isJsonObject, type JsonObject } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import type { Scope } from '#lib/manifest/template/interpolate.ts';

/** What the templates of a component see: the config, its parameters, and what is known at the moment. */
export function scopeOf(
  { config, now }: Pick<Build, 'config' | 'now'>,
  component: JsonObject,
  variables: Readonly<Record<string, unknown>> = {},
): Scope {
  const parameters = isJsonObject(component.$parameters) ? component.$parameters : {};
  return { now, variables: { config, parameters, ...variables } };
}
