import type { Hono } from 'hono';
import { allowedHosts, allowHost, disallowHost } from '#lib/access/allowed-hosts.ts';
import { createApiKey, deleteApiKey, listApiKeys } from '#lib/access/api-keys.ts';
import { createApplication, deleteApplication, listApplications } from '#lib/access/applications.ts';
import { auditCsv, listAudit } from '#lib/access/audit.ts';
import { getWorkspace, updateWorkspace, type WorkspaceChange } from '#lib/access/workspace.ts';
import type { Role } from '#lib/db/schema.ts';
import { nullable, readBody, shape, text, whole } from '../body.ts';
import { as, type DoorEnv, idOf, numberOf } from '../door.ts';

const days = shape({ logDays: whole, syncDays: whole, measurementDays: whole, sampleDays: whole });
const autoDisable = shape({ failures: whole, days: whole, warnFailures: whole, warnDays: whole }, [
  ...['failures', 'days', 'warnFailures', 'warnDays'],
]);
const settings = shape({
  ...{ name: text, defaultNamespace: text, notificationEmail: nullable(text), timeZone: text },
  autoDisable: nullable(autoDisable),
  retention: days,
});
const key = shape({ name: text, role: text, expiresInDays: nullable(whole) }, ['name', 'role']);
const host = shape({ host: text, port: whole, reason: nullable(text) }, ['host', 'port']);

/** The workspace, who may come in, and where requests may go. */
export function accessRoutes(app: Hono<DoorEnv>): void {
  app.get('/me', as('viewer'), (c) => c.json(c.get('identity')));
  app.get('/workspace', as('viewer'), async (c) =>
    c.json(await getWorkspace(c.get('context'), c.get('identity').workspaceId)),
  );
  app.patch('/workspace', as('admin', 'workspace.update', settings), async (c) => {
    const change = await readBody<WorkspaceChange>(c.req.raw, settings);
    return c.json(await updateWorkspace(c.get('context'), c.get('identity').workspaceId, change));
  });

  app.get('/api-keys', as('admin'), async (c) =>
    c.json(await listApiKeys(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/api-keys', as('admin', 'api_key.create', key), async (c) => {
    const input = await readBody<{ name: string; role: Role; expiresInDays?: number | null }>(c.req.raw, key);
    const { workspaceId, userId } = c.get('identity');
    const made = await createApiKey(c.get('context'), workspaceId, { ...input, createdBy: userId });
    c.set('subject', `api_key:${made.id}`);
    return c.json(made, 201);
  });
  app.delete('/api-keys/:id', as('admin', 'api_key.delete'), async (c) => {
    await deleteApiKey(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });

  app.get('/applications', as('admin'), async (c) =>
    c.json(await listApplications(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/applications', as('admin', 'application.create', key), async (c) => {
    const input = await readBody<{ name: string; role: Role; expiresInDays?: number | null }>(c.req.raw, key);
    const { workspaceId, userId } = c.get('identity');
    const made = await createApplication(c.get('context'), workspaceId, { ...input, createdBy: userId });
    c.set('subject', `application:${made.id}`);
    return c.json(made, 201);
  });
  app.delete('/applications/:id', as('admin', 'application.delete'), async (c) => {
    await deleteApplication(c.get('context'), c.get('identity').workspaceId, idOf(c));
    return c.body(null, 204);
  });

  app.get('/allowed-hosts', as('viewer'), async (c) =>
    c.json(await allowedHosts(c.get('context'), c.get('identity').workspaceId)),
  );
  app.post('/allowed-hosts', as('admin', 'allowed_host.add', host), async (c) => {
    const input = await readBody<{ host: string; port: number; reason?: string | null }>(c.req.raw, host);
    const { workspaceId, actor } = c.get('identity');
    await allowHost(c.get('context'), workspaceId, { ...input, createdBy: actor });
    c.set('subject', `${input.host}:${input.port}`);
    return c.json({ host: input.host, port: input.port }, 201);
  });
  app.delete('/allowed-hosts/:host/:port', as('admin', 'allowed_host.remove'), async (c) => {
    const { workspaceId } = c.get('identity');
    await disallowHost(c.get('context'), workspaceId, c.req.param('host'), numberOf(c.req.param('port')));
    return c.body(null, 204);
  });

  app.get('/audit.csv', as('admin'), async (c) =>
    c.body(await auditCsv(c.get('context'), c.get('identity').workspaceId), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="weir-audit.csv"',
    }),
  );
  app.get('/audit', as('admin'), async (c) => {
    const before = c.req.query('before');
    const { workspaceId } = c.get('identity');
    return c.json(await listAudit(c.get('context'), workspaceId, before ? { before: numberOf(before) } : {}));
  });
}
