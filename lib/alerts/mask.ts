import type { Db } from '#lib/db/connect.ts';
import type { Failure } from '#lib/errors.ts';
import { isJsonObject, type JsonValue } from '#lib/json.ts';
import { leafTexts, maskText, type Secrets, usableConfig } from '#lib/secrets.ts';
import { configsNear } from './store.ts';

/** Takes the secrets of the source and the destination out of a text; errors may quote what the other side said. */
export async function masking(
  tx: Db,
  secrets: Secrets,
  near: { connectionId: string | null; destinationId?: string },
): Promise<(text: string) => string> {
  const configs = await configsNear(tx, near);
  const values = configs
    .flatMap(({ aad, config }) => sealedValues(secrets, config, aad))
    .filter((text) => text.length >= 4);
  const longestFirst = values.toSorted((a, b) => b.length - a.length);
  return (text) => maskText(text, longestFirst);
}

/** A value that no longer opens can't have leaked from this process either. */
function sealedValues(secrets: Secrets, value: JsonValue, aad: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => sealedValues(secrets, item, aad));
  if (!isJsonObject(value)) return [];
  if (typeof value.$sealed !== 'string')
    return Object.values(value).flatMap((item) => sealedValues(secrets, item, aad));
  try {
    return leafTexts(usableConfig(secrets, { value }, aad));
  } catch {
    return [];
  }
}

/** A failure as it may leave the house. */
export function masked(failure: Failure, mask: (text: string) => string): Failure {
  return { ...failure, message: mask(failure.message), ...(failure.hint && { hint: mask(failure.hint) }) };
}
