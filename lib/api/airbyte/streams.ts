import type { StreamDescriptor } from '#lib/catalog.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#lib/json.ts';
import { idIn, objectOf, type PublicRoute } from './call.ts';
import { PUBLIC_MODES } from './catalog.ts';
import { find as findDestination } from './destinations.ts';
import { discoverAgain, discovered } from './discover.ts';
import { find as findSource } from './sources.ts';

/** Schemas nest without end; properties below this are left out. */
const DEEPEST = 8;

export const publicRoutes: PublicRoute[] = [
  {
    route: 'GET /streams',
    role: 'editor',
    summary: 'The streams of a source, with the modes that a destination allows',
    handle: async (call) => {
      const query = Object.fromEntries(call.query) as JsonObject;
      const source = await findSource(call, idIn(query, 'sourceId', 'source'));
      const destination = query.destinationId
        ? await findDestination(call, idIn(query, 'destinationId', 'destination'))
        : null;
      const anew = query.ignoreCache === 'true';
      const { streams } = anew ? await discoverAgain(call, source.id) : await discovered(call, source.id);
      const modes = destination && destinationKind(destination.type).supportedModes;
      return streams.map((stream) => toStreamProperties(stream, modes));
    },
  },
];

/** As `/streams` lists a stream; the odd casing is the API's own. */
export function toStreamProperties(stream: StreamDescriptor, destinationModes: readonly string[] | null): JsonObject {
  const modes = Object.entries(PUBLIC_MODES)
    .filter(([, [source]]) => stream.supportedSyncModes.includes(source))
    .filter(([, [, destination]]) => destinationModes?.includes(destination))
    .map(([name]) => name);
  return {
    streamName: stream.name,
    streamnamespace: stream.namespace ?? '',
    ...(destinationModes && { syncModes: modes }),
    defaultCursorField: [...stream.defaultCursorField],
    sourceDefinedCursorField: stream.sourceDefinedCursor,
    sourceDefinedPrimaryKey: stream.sourceDefinedPrimaryKey.map((path) => [...path]),
    propertyFields: pathsIn(stream.jsonSchema, []),
  };
}

/** Every path into the schema, those of objects before those inside them. */
function pathsIn(schema: JsonValue | undefined, above: readonly string[]): string[][] {
  if (!isJsonObject(schema) || above.length >= DEEPEST) return [];
  return Object.entries(objectOf(schema.properties)).flatMap(([name, inner]) => {
    const path = [...above, name];
    return [path, ...pathsIn(inner, path)];
  });
}
