import { isDeepStrictEqual } from 'node:util';
import type { ConfiguredStream, StreamDescriptor } from '#lib/catalog.ts';
import { suggest } from '#lib/connections/stream-modes.ts';
import type { Db } from '#lib/db/connect.ts';
import { destinationKind } from '#lib/destinations/kinds.ts';
import type { ExtractContext, Source } from '#lib/extract/source.ts';
import type { JsonObject } from '#lib/json.ts';
import { configuredStreams, connectionRow } from './store.ts';

interface Offer {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly syncId: number;
}

/**
 * The connection's streams become those that the source offers now: new ones with the best mode that needs no further word, gone
 * ones taken out, known ones with their newest schema. Each change is recorded. Gives whether there was one.
 */
export async function propagateStreams(
  db: Db,
  offer: Offer,
  { source, config, extract }: { source: Source; config: JsonObject; extract: ExtractContext },
): Promise<boolean> {
  const found = await source.discover(extract, config);
  const connection = await connectionRow(db, offer.connectionId);
  if (!connection || found.length === 0) return false;
  return db.transaction().execute((tx) => propagate(tx, offer, found, connection.destination_type));
}

/** Somebody may change the streams at the same moment: one comes after the other. */
async function propagate(
  tx: Db,
  offer: Offer,
  found: readonly StreamDescriptor[],
  destinationType: string,
): Promise<boolean> {
  await tx.selectFrom('connection').select('id').where('id', '=', offer.connectionId).forUpdate().execute();
  const rows = await configuredStreams(tx, offer.connectionId);
  const known = rows.map(({ configured }) => configured);
  const added = found.filter((stream) => !known.some((one) => isSame(one.stream, stream)));
  const removed = known.filter((one) => !found.some((stream) => isSame(one.stream, stream)));
  const { supportedModes } = destinationKind(destinationType);
  const next = [
    ...known.filter((one) => !removed.includes(one)).map((one) => renewed(one, found)),
    ...added.map((stream) => suggest(stream, supportedModes)),
  ];
  if (isDeepStrictEqual(next, known)) return false;
  await tx.deleteFrom('connection_stream').where('connection_id', '=', offer.connectionId).execute();
  await tx
    .insertInto('connection_stream')
    .values(next.map((one, position) => toRow(offer, one, position)))
    .execute();
  const changes = [
    ...added.map((stream) => ({ stream, change: 'stream_added' as const })),
    ...removed.map(({ stream }) => ({ stream, change: 'stream_removed' as const })),
  ];
  if (changes.length > 0)
    await tx
      .insertInto('schema_change')
      .values(changes.map((one) => toChange(offer, one)))
      .execute();
  return true;
}

function renewed(configured: ConfiguredStream, found: readonly StreamDescriptor[]): ConfiguredStream {
  const stream = found.find((one) => isSame(one, configured.stream));
  return stream ? { ...configured, stream } : configured;
}

function isSame(
  one: Pick<StreamDescriptor, 'name' | 'namespace'>,
  other: Pick<StreamDescriptor, 'name' | 'namespace'>,
) {
  return one.name === other.name && (one.namespace ?? '') === (other.namespace ?? '');
}

function toRow({ workspaceId, connectionId }: Offer, configured: ConfiguredStream, position: number) {
  const { name, namespace = '' } = configured.stream;
  return {
    ...{ workspace_id: workspaceId, connection_id: connectionId, namespace, name, position },
    configured: JSON.stringify(configured),
  };
}

function toChange(
  { workspaceId, connectionId, syncId }: Offer,
  { stream, change }: { stream: StreamDescriptor; change: 'stream_added' | 'stream_removed' },
) {
  const { name, namespace = '' } = stream;
  return {
    ...{ workspace_id: workspaceId, connection_id: connectionId, sync_id: syncId },
    ...{ namespace, stream: name, change },
  };
}
