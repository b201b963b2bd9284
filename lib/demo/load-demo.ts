import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { allowHost } from '#lib/access/allowed-hosts.ts';
import type { ConfiguredStream } from '#lib/catalog.ts';
import { createConnection, listConnections } from '#lib/connections/connections.ts';
import { createConnector, listConnectors, saveVersion } from '#lib/connections/connectors.ts';
import { createDestination, listDestinations } from '#lib/connections/destinations.ts';
import { createSource, listSources } from '#lib/connections/sources.ts';
import type { Context } from '#lib/context.ts';
import { WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { startSync } from '#lib/sync/syncs.ts';
import { createSuite, listSuites } from '#quality/suites.ts';
import { demoBaseUrl } from './base-url.ts';
import { addressOf, createDemoDatabase } from './demo-database.ts';
import { DEMO_CONNECTIONS, DEMO_CONNECTORS, type DemoConnection, type DemoConnector } from './demo-plan.ts';
import { descriptorsIn } from './stream-descriptors.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const DESTINATION = 'Demo warehouse';
const BY = 'demo';

type DemoContext = Pick<Context, 'env' | 'databaseUrl' | 'db' | 'log' | 'clock' | 'secrets' | 'queue' | 'demoToken'>;

/**
 * Fills a workspace with real data that runs: connectors, sources, a destination, connections with checks, and their
 * first syncs. What is there already, by name, stays as it is; of two calls at once the second waits.
 */
export async function loadDemo(
  c: DemoContext,
  workspaceId: string,
  { baseUrl = demoBaseUrl(c.env), token = c.demoToken }: { baseUrl?: string; token?: string } = {},
): Promise<{ connections: number; started: number }> {
  return c.db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtext(${`weir demo ${workspaceId}`}))`.execute(trx);
    await allowDemoHosts(c, workspaceId, baseUrl);
    const settings = { api_url: `${baseUrl}/api`, api_token: token, files_url: `${baseUrl}/files` };
    for (const connector of DEMO_CONNECTORS) await ensureSource(c, workspaceId, connector, settings);
    const destinationId = await ensureDestination(c, workspaceId);
    const made: string[] = [];
    for (const plan of DEMO_CONNECTIONS) {
      const connectionId = await ensureConnection(c, workspaceId, plan, destinationId);
      if (connectionId !== null) made.push(connectionId);
    }
    for (const connectionId of made) await startSync(c, workspaceId, connectionId, 'manual');
    return { connections: DEMO_CONNECTIONS.length, started: made.length };
  });
}

/** The demo API and the demo's database are on this machine: exactly these two are let through. */
async function allowDemoHosts(c: DemoContext, workspaceId: string, baseUrl: string): Promise<void> {
  const api = new URL(baseUrl);
  const hosts = [
    { host: api.hostname, port: Number(api.port || 80), reason: 'Demo API' },
    { ...addressOf(c.databaseUrl), reason: 'Demo warehouse' },
  ];
  for (const host of hosts) await allowHost(c, workspaceId, { ...host, createdBy: BY });
}

async function ensureSource(c: DemoContext, workspaceId: string, plan: DemoConnector, settings: JsonObject) {
  const sources = await listSources(c, workspaceId);
  if (sources.some(({ name }) => name === plan.source)) return;
  const known = (await listConnectors(c, workspaceId)).find(
    ({ name, version }) => name === plan.name && version !== null,
  );
  const connectorId = known?.id ?? (await createDemoConnector(c, workspaceId, plan));
  await createSource(c, workspaceId, { name: plan.source, connectorId, config: configFor(plan, settings) });
}

async function createDemoConnector(
  c: DemoContext,
  workspaceId: string,
  { name, file }: DemoConnector,
): Promise<string> {
  const manifest = manifestText(file);
  const { id } = await createConnector(c, workspaceId, { name });
  await saveVersion(c, workspaceId, id, { manifest, note: 'Comes with Weir', basedOn: null, by: BY });
  return id;
}

async function ensureDestination(c: DemoContext, workspaceId: string): Promise<string> {
  const known = (await listDestinations(c, workspaceId)).find(({ name }) => name === DESTINATION);
  if (known) return known.id;
  const config = await createDemoDatabase(c);
  return (await createDestination(c, workspaceId, { name: DESTINATION, type: 'postgres', config })).id;
}

/** The new connection's id, or null if it was there. */
async function ensureConnection(c: DemoContext, workspaceId: string, plan: DemoConnection, destinationId: string) {
  const known = (await listConnections(c, workspaceId)).find(({ name }) => name === plan.name);
  const connectionId = known?.id ?? (await createDemoConnection(c, workspaceId, plan, destinationId));
  if (plan.suite) await ensureSuite(c, workspaceId, plan.suite, { connectionId, destinationId });
  return known ? null : connectionId;
}

async function createDemoConnection(c: DemoContext, workspaceId: string, plan: DemoConnection, destinationId: string) {
  const source = (await listSources(c, workspaceId)).find(({ name }) => name === plan.source);
  const connector = DEMO_CONNECTORS.find((each) => each.source === plan.source);
  if (!source || !connector) throw missing(`source ${plan.source}`);
  const { id } = await createConnection(c, workspaceId, {
    name: plan.name,
    sourceId: source.id,
    destinationId,
    schedule: plan.schedule,
    streams: configuredStreams(connector, plan),
  });
  return id;
}

function configuredStreams({ file }: DemoConnector, plan: DemoConnection): ConfiguredStream[] {
  const descriptors = descriptorsIn(manifestText(file));
  return plan.streams.map(({ name, ...modes }) => {
    const stream = descriptors.find((descriptor) => descriptor.name === name);
    if (!stream) throw missing(`stream ${name} of ${file}`);
    return { stream, ...modes, cursorField: stream.defaultCursorField, primaryKey: stream.sourceDefinedPrimaryKey };
  });
}

async function ensureSuite(
  c: DemoContext,
  workspaceId: string,
  { name, file }: { name: string; file: string },
  target: { connectionId: string; destinationId: string },
): Promise<void> {
  const suites = await listSuites(c, workspaceId);
  if (suites.some((suite) => suite.name === name)) return;
  const text = readFileSync(path.join(ROOT, 'quality/demo', file), 'utf8');
  await createSuite(c, workspaceId, { name, text, ...target });
}

/** Only the fields that this manifest's spec asks for. */
function configFor({ file }: DemoConnector, settings: JsonObject): JsonObject {
  const fields = file === 'demo-files.yaml' ? ['files_url'] : ['api_url', 'api_token'];
  return Object.fromEntries(fields.map((field) => [field, settings[field] ?? '']));
}

function manifestText(file: string): string {
  return readFileSync(path.join(ROOT, 'manifests', file), 'utf8');
}

function missing(what: string): WeirError {
  return new WeirError({ kind: 'bug', code: 'demo_incomplete', message: `The demo has no ${what}.` });
}
