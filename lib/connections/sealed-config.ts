import type { Issue } from '#lib/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { MASK, mergeMasked, openConfig, referenceIssues, type Secrets, sealConfig } from '#lib/secrets.ts';
import { configIssues } from './config-issues.ts';
import { refuseIssues } from './refusals.ts';

interface ConfigChange {
  readonly spec: JsonObject;
  /** Binds the secrets to their row: `source:<id>`. */
  readonly aad: string;
  /** As stored, secrets sealed; null for a new row. */
  readonly stored: JsonObject | null;
  /** As sent; a masked secret stands for the stored one. */
  readonly sent: JsonObject;
}

/** What to store of a config that was sent. @throws WeirError `invalid_input` with every problem by field */
export function checkedAndSealed(secrets: Secrets, change: ConfigChange): JsonObject {
  const config = mergedConfig(secrets, change);
  assertComplete(secrets, change.spec, config);
  return sealConfig(secrets, change.spec, config, change.aad);
}

/** The sent config with the stored secrets in the place of the masks, all of it open. */
export function mergedConfig(secrets: Secrets, { aad, stored, sent }: Omit<ConfigChange, 'spec'>): JsonObject {
  const merged = stored === null ? sent : (mergeMasked(stored, sent) as JsonObject);
  return openConfig(secrets, merged, aad);
}

/** @throws WeirError `invalid_input` with every problem of an open config by field, masks that stand for nothing among them */
export function assertComplete(secrets: Secrets, spec: JsonObject, config: JsonObject): void {
  refuseIssues('The settings have problems.', [
    ...maskIssues(config, 'config'),
    ...referenceIssues(secrets, spec, config),
    ...configIssues(spec, config),
  ]);
}

/** A mask with nothing stored behind it is no secret. */
function maskIssues(value: JsonValue, path: string): Issue[] {
  if (value === MASK) return [{ path, message: 'Enter this secret. A stored one is kept only for the same host.' }];
  if (Array.isArray(value)) return value.flatMap((item, index) => maskIssues(item, `${path}.${index}`));
  return isJsonObject(value) ? Object.entries(value).flatMap(([key, item]) => maskIssues(item, `${path}.${key}`)) : [];
}
