import type { ConfiguredStream } from '#lib/catalog.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Build } from '#lib/manifest/kind.ts';
import { concurrencyOf } from './concurrency/concurrency.ts';
import type { Retriever } from './families.ts';
import { readStream } from './read-stream.ts';
import { cachedAnswers } from './request/cached-answers.ts';
import type { Slice } from './slice.ts';
import type { ExtractContext } from './source.ts';

/**
 * The records that a retriever reads beside the streams, for what the manifest makes of them: other streams, or a schema. Each comes
 * with its slice. Answers are kept, since several streams ask for the same.
 */
export async function* recordsOf(
  context: ExtractContext,
  build: Build,
  retriever: unknown,
  name: string,
  { first = false }: { first?: boolean } = {},
): AsyncIterable<{ record: JsonObject; slice: Slice }> {
  const slices = new Map<JsonObject, Slice>();
  const made = build.create<Retriever>(cachedAnswers(retriever as JsonObject));
  const parts = {
    ...made,
    // As in the CDK: whoever asks for the first record only does not ask for partitions.
    routers: first ? [] : made.routers,
    name,
    transformations: [
      {
        transform(record: JsonObject, slice: Slice) {
          slices.set(record, slice);
          return record;
        },
      },
    ],
    cursor: null,
    migrations: [],
    concurrency: { ...concurrencyOf(build), width: 1 },
    schema: {},
    now: build.now,
  };
  const limits = first ? { maxRecords: 1 } : {};
  for await (const event of readStream(context, parts, { stream: NO_STREAM, state: null, limits })) {
    if (event.type !== 'page') continue;
    for (const record of event.records) {
      const slice = slices.get(record);
      if (slice) yield { record, slice };
    }
    slices.clear();
  }
}

/** Nothing asks what is configured for it. */
const NO_STREAM: ConfiguredStream = {
  stream: {
    ...{ name: '', jsonSchema: {}, supportedSyncModes: [], sourceDefinedCursor: false },
    ...{ defaultCursorField: [], sourceDefinedPrimaryKey: [] },
  },
  ...({ syncMode: 'full_refresh', destinationSyncMode: 'append' } as const),
  ...{ cursorField: [], primaryKey: [] },
};
