import type { Hono } from 'hono';
import {
  createConnector,
  deleteConnector,
  getConnector,
  getConnectorVersion,
  listConnectors,
  renameConnector,
  saveDraft,
} from '#lib/connections/connectors.ts';
import { manifestSchema } from '#lib/connections/manifests.ts';
import { getOwnConnector, listOwnConnectors } from '#lib/connections/own-connectors.ts';
import { longText, nullable, readBody, shape, text, time, whole } from '../body.ts';
import { as, created, type DoorEnv, idOf, numberOf } from '../door.ts';
import { validateApart } from '../manifest-thread.ts';
import { type PublishInput, publishConnector, publishVersion } from '../publish-version.ts';

const connector = shape({ name: text, manifest: longText }, ['name']);
const name = shape({ name: text }, ['name']);
const named = shape({ name: text });
const manifest = shape({ manifest: longText }, ['manifest']);
const draft = shape({ manifest: longText, basedOn: nullable(time) }, ['manifest']);
const version = shape(
  { manifest: longText, note: nullable(text), basedOn: nullable(whole), failingReason: nullable(text) },
  ['manifest'],
);

/** Connectors: a manifest's draft and its versions. */
export function connectorRoutes(app: Hono<DoorEnv>): void {
  app.get('/connectors', as('viewer'), async (c) =>
    c.json(await listConnectors(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/connectors', as('editor', 'connector.create', connector), async (c) => {
    const input = await readBody<{ name: string; manifest?: string }>(c.req.raw, connector);
    return created(c, 'connector', await createConnector(c.get('context'), c.get('identity').workspaceId, input));
  });
  app.get('/connectors/:id', as('viewer'), async (c) =>
    c.json(await getConnector(c.get('context'), c.get('identity').workspaceId, idOf(c))),
  );
  app.patch('/connectors/:id', as('editor', 'connector.rename', name), async (c) => {
    const input = await readBody<{ name: string }>(c.req.raw, name);
    await renameConnector(c.get('context'), c.get('identity').workspaceId, idOf(c), input.name);
    return c.json({ id: idOf(c) });
  });
  app.delete('/connectors/:id', as('editor', 'connector.delete'), async (c) => {
    await deleteConnector(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });

  app.put('/connectors/:id/draft', as('editor', undefined, draft), async (c) => {
    const input = await readBody<{ manifest: string; basedOn?: string | null }>(c.req.raw, draft);
    return c.json(await saveDraft(c.get('context'), c.get('identity').workspaceId, idOf(c), input));
  });
  app.post('/connectors/:id/versions', as('editor', 'connector.save_version', version), async (c) => {
    const body = await readBody<Omit<PublishInput, 'basedOn'> & { basedOn?: number | null }>(c.req.raw, version);
    const { workspaceId, actor: by } = c.get('identity');
    const publish = { input: { ...body, basedOn: body.basedOn ?? null }, by, signal: c.req.raw.signal };
    return c.json(await publishVersion(c.get('context'), workspaceId, idOf(c), publish), 201);
  });
  app.get('/connectors/:id/versions/:version', as('viewer'), async (c) => {
    const number = numberOf(c.req.param('version'));
    return c.json(await getConnectorVersion(c.get('context'), c.get('identity').workspaceId, idOf(c), number));
  });

  app.get('/own-connectors', as('viewer'), (c) => c.json(listOwnConnectors()));
  app.get('/own-connectors/:id', as('viewer'), (c) => c.json(getOwnConnector(c.req.param('id'))));
  app.post('/own-connectors/:id', as('editor', 'connector.install', named), async (c) => {
    const { name } = await readBody<{ name?: string }>(c.req.raw, named);
    const { workspaceId, actor: by } = c.get('identity');
    const { title, manifest } = getOwnConnector(c.req.param('id'));
    const publish = { input: { manifest, note: 'Comes with Weir' }, by, signal: c.req.raw.signal };
    return created(c, 'connector', await publishConnector(c.get('context'), workspaceId, name ?? title, publish));
  });

  app.post('/manifests/validate', as('viewer', undefined, manifest), async (c) => {
    const input = await readBody<{ manifest: string }>(c.req.raw, manifest);
    return c.json(await validateApart(input.manifest));
  });
  app.get('/schemas/manifest', as('viewer'), (c) => c.json(manifestSchema()));
}
