import { parse, stringify } from 'yaml';
import { deleteConnector, getConnector, listConnectors } from '#lib/connections/connectors.ts';
import { notFound } from '#lib/connections/refusals.ts';
import { isJsonObject, type JsonObject } from '#lib/json.ts';
import { MANIFEST_YAML } from '#lib/manifest/manifest-yaml.ts';
import { publishConnector, publishVersion } from '../publish-version.ts';
import { assertWorkspace, type Call, idIn, invalid, optionalText, type PublicRoute, textOf } from './call.ts';

const PATH = '/workspaces/:workspaceId/definitions/declarative_sources';
const input: JsonObject = {
  type: 'object',
  required: ['name', 'manifest'],
  properties: {
    name: { type: 'string' },
    manifest: { type: 'object', description: 'Tests that it carries are run: they must pass.' },
    failingReason: {
      type: 'string',
      description: 'Weir’s own: why the version is saved although a test of the manifest fails.',
    },
  },
};

/** Connectors with their manifests. */
export const publicRoutes: PublicRoute[] = [
  { route: `GET ${PATH}`, role: 'viewer', summary: 'The connectors with their manifests', handle: list },
  {
    route: `POST ${PATH}`,
    role: 'editor',
    action: 'connector.create',
    summary: 'A new connector of a manifest',
    input,
    handle: create,
  },
  {
    route: `GET ${PATH}/:id`,
    role: 'viewer',
    summary: 'One connector with its manifest',
    handle: (call) => shown(call, pathId(call)),
  },
  {
    route: `PUT ${PATH}/:id`,
    role: 'editor',
    action: 'connector.save_version',
    summary: 'A new version of the manifest',
    handle: update,
  },
  {
    route: `DELETE ${PATH}/:id`,
    role: 'editor',
    action: 'connector.delete',
    summary: 'Deletes a connector that no source uses',
    handle: async (call) => {
      const definition = await shown(call, pathId(call));
      await deleteConnector(call.context, call.identity.workspaceId, pathId(call));
      call.about(`connector:${definition.id}`);
      return definition;
    },
  },
];

async function list(call: Call): Promise<JsonObject> {
  assertWorkspace(call, call.params.workspaceId);
  const all = await listConnectors(call.context, call.identity.workspaceId);
  const saved = all.filter(({ version }) => version !== null);
  return { data: await Promise.all(saved.map(({ id }) => shown(call, id))), next: '', previous: '' };
}

async function create(call: Call): Promise<JsonObject> {
  assertWorkspace(call, call.params.workspaceId);
  const { context, identity, body } = call;
  const { id } = await publishConnector(context, identity.workspaceId, textOf(body, 'name'), publishOf(call));
  call.about(`connector:${id}`);
  return shown(call, id);
}

async function update(call: Call): Promise<JsonObject> {
  const { context, identity, body } = call;
  const id = pathId(call);
  const before = await shown(call, id);
  const publish = publishOf(call);
  const name = optionalText(body, 'name');
  await publishVersion(context, identity.workspaceId, id, {
    ...publish,
    input: {
      ...{ ...publish.input, basedOn: Number(before.version) },
      ...(name !== undefined && name !== before.name && { name }),
    },
  });
  call.about(`connector:${id}`);
  return shown(call, id);
}

/** A manifest without tests of its own, as all of Airbyte's are, is saved at once: no worker is asked. */
function publishOf({ body, identity, signal }: Call) {
  const failingReason = optionalText(body, 'failingReason') ?? null;
  return { input: { manifest: manifestText(body), failingReason }, by: identity.actor, signal };
}

async function shown(call: Call, id: string): Promise<JsonObject> {
  assertWorkspace(call, call.params.workspaceId);
  const { name, latest } = await getConnector(call.context, call.identity.workspaceId, id);
  if (latest === null) throw notFound('definition');
  return { id, name, manifest: parse(latest.manifest, MANIFEST_YAML) as JsonObject, version: latest.version };
}

/** As YAML: what people edit later is what was sent. */
function manifestText({ manifest }: JsonObject): string {
  if (isJsonObject(manifest)) return stringify(manifest, MANIFEST_YAML);
  if (typeof manifest === 'string') return manifest;
  throw invalid([{ path: 'manifest', message: 'This is required, as an object.' }]);
}

function pathId(call: Call): string {
  return idIn(call.params, 'id', 'definition');
}
