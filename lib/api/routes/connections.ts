import type { Hono } from 'hono';
import {
  type ConnectionInput,
  createConnection,
  deleteConnection,
  getConnection,
  listConnections,
  setConnectionStatus,
  updateConnection,
} from '#lib/connections/connections.ts';
import { getOverviewRow } from '#lib/connections/overview.ts';
import { sharedWith } from '#lib/connections/shared-with.ts';
import { setTagNames, tagNames } from '#lib/connections/tags.ts';
import { settingsChanged } from '#lib/connections/timeline.ts';
import type { JsonObject } from '#lib/json.ts';
import { startSync } from '#lib/sync/syncs.ts';
import { anyObject, nullable, readBody, shape, text, uuid, whole } from '../body.ts';
import { as, created, type Door, type DoorEnv, idOf } from '../door.ts';

const texts = { type: 'array', items: text, maxItems: 1_000 } satisfies JsonObject;
const key = { type: 'array', items: texts, maxItems: 100 } satisfies JsonObject;
const stream: JsonObject = {
  ...anyObject,
  required: ['name', 'jsonSchema', 'supportedSyncModes'],
  properties: {
    name: { ...text, minLength: 1 },
    namespace: text,
    jsonSchema: anyObject,
    supportedSyncModes: texts,
    sourceDefinedCursor: { type: 'boolean' },
    defaultCursorField: texts,
    sourceDefinedPrimaryKey: key,
  },
};
const mapper = shape({ id: text, type: text, mapperConfiguration: anyObject }, ['type', 'mapperConfiguration']);
const configured = shape(
  {
    ...{
      stream,
      syncMode: text,
      destinationSyncMode: text,
      cursorField: texts,
      primaryKey: key,
      selectedFields: texts,
    },
    mappers: { type: 'array', items: mapper, maxItems: 100 },
    softDelete: { type: 'boolean' },
  },
  ['stream', 'syncMode', 'destinationSyncMode', 'cursorField', 'primaryKey'],
);
const schedule: JsonObject = { ...anyObject, required: ['type'], properties: { type: text } };
const changeable = {
  name: text,
  namespaceDefinition: text,
  namespaceFormat: nullable(text),
  prefix: text,
  schedule,
  freshnessTargetMinutes: nullable(whole),
  schemaChanges: text,
  badValues: text,
  quarantineLimit: nullable(shape({ rows: whole, percent: { type: 'number' } })),
  owner: nullable(text),
  connectorVersion: nullable(whole),
  memoryMb: nullable(whole),
  cpuCores: nullable({ type: 'number' }),
  tags: texts,
  status: { enum: ['active', 'inactive', 'deprecated'] } satisfies JsonObject,
  streams: { type: 'array', items: configured } satisfies JsonObject,
};
const connection = shape({ ...changeable, sourceId: uuid, destinationId: uuid }, [
  'name',
  'sourceId',
  'destinationId',
  'streams',
]);
const change = shape(changeable);

interface Tagged {
  readonly tags?: readonly string[];
}

/** What is to be loaded from where into where, and when. */
export function connectionRoutes(app: Hono<DoorEnv>): void {
  app.get('/connections', as('viewer'), async (c) =>
    c.json(await listConnections(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/connections', as('editor', 'connection.create', connection), async (c) => {
    const { tags, ...input } = await readBody<ConnectionInput & Tagged>(c.req.raw, connection);
    const { workspaceId } = c.get('identity');
    const made = await createConnection(c.get('context'), workspaceId, input);
    if (tags !== undefined) await setTagNames(c.get('context'), workspaceId, made.id, tags);
    const sharedTables = await sharedWith(c.get('context'), workspaceId, made.id);
    return created(c, 'connection', { ...made, sharedTables });
  });
  app.get('/connections/:id', as('viewer'), async (c) => c.json(await withShared(c, await tagged(c))));
  app.get('/connections/:id/overview', as('viewer'), async (c) =>
    c.json(await getOverviewRow(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.patch('/connections/:id', as('editor', 'connection.update', change), async (c) => {
    const { status, tags, ...input } = await readBody<Partial<ConnectionInput> & Tagged>(c.req.raw, change);
    const { workspaceId, actor } = c.get('identity');
    const before = await tagged(c);
    if (Object.keys(input).length > 0) await updateConnection(c.get('context'), workspaceId, idOf(c), input);
    if (tags !== undefined) await setTagNames(c.get('context'), workspaceId, before.id, tags);
    if (status !== undefined) await setConnectionStatus(c.get('context'), workspaceId, idOf(c), status, `by ${actor}`);
    const after = await tagged(c);
    c.set('subject', `connection:${after.id}`);
    c.set('changes', settingsChanged(before, after));
    return c.json(await withShared(c, after));
  });
  app.delete('/connections/:id', as('editor', 'connection.delete'), async (c) => {
    await deleteConnection(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });
  app.post('/connections/:id/sync', as('editor', 'connection.sync'), async (c) => {
    const { workspaceId } = c.get('identity');
    return c.json(await startSync(c.get('context'), workspaceId, idOf(c), 'manual'), 201);
  });
}

/** The connection with the names of its tags. */
async function tagged(c: Door) {
  const { workspaceId } = c.get('identity');
  const found = await getConnection(c.get('context'), workspaceId, idOf(c));
  return { ...found, tags: await tagNames(c.get('context'), workspaceId, found.id) };
}

/** And with what may surprise its owner: tables that others load too. */
async function withShared<Shown extends { readonly id: string }>(c: Door, shown: Shown) {
  const sharedTables = await sharedWith(c.get('context'), c.get('identity').workspaceId, shown.id);
  return { ...shown, sharedTables };
}
