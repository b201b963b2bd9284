import type { Db } from '#lib/db/connect.ts';
import { withValue } from '#lib/extract/session.ts';
import type { ExtractContext } from '#lib/extract/source.ts';
import type { JsonValue } from '#lib/json.ts';
import type { ConfigChange } from '#lib/manifest/kind.ts';
import { assertNoReference, type Secrets, usableConfig } from '#lib/secrets.ts';
import { lockSourceConfig, sourceConfigAlone, updateSourceConfig } from './store.ts';

/** How a read changes the config of the source that it belongs to. */
export type ConfigOwner = Required<Pick<ExtractContext, 'saveConfig' | 'alone'>>;

export function ownerOf(c: { db: Db; secrets: Secrets }, sourceId: string): ConfigOwner {
  return {
    saveConfig: (_config, changes) => saveSourceChanges(c, sourceId, changes),
    alone: (work) =>
      c.db.transaction().execute(async (transaction) => {
        const stored = await sourceConfigAlone(transaction, sourceId);
        return work(usableConfig(c.secrets, stored ?? {}, `source:${sourceId}`));
      }),
  };
}

/**
 * Stores what a source changed in its own config, such as a refresh token that works once: each value sealed, whatever the spec
 * says of it, and nothing else touched, since somebody may have saved other settings meanwhile.
 */
async function saveSourceChanges(
  { db, secrets }: { db: Db; secrets: Secrets },
  sourceId: string,
  changes: readonly ConfigChange[],
): Promise<void> {
  for (const { value } of changes) if (value !== undefined) assertNoReference(value as JsonValue);
  const seal = (value: unknown) =>
    value === undefined ? undefined : { $sealed: secrets.seal(JSON.stringify(value), `source:${sourceId}`) };
  await db.transaction().execute(async (transaction) => {
    const stored = await lockSourceConfig(transaction, sourceId);
    if (stored === null) return;
    const changed = changes.reduce((config, { path, value }) => withValue(config, path, seal(value)), stored);
    await updateSourceConfig(transaction, sourceId, changed);
  });
}
