import type { Hono } from 'hono';
import { audit } from '#lib/access/audit.ts';
import { roleByEmail } from '#lib/access/members.ts';
import { assertRole } from '#lib/access/roles.ts';
import { tellChange, tellDecision } from '#lib/alerts/incident-changed.ts';
import { acknowledgeIncident, resolveIncident, snoozeIncident } from '#lib/alerts/incidents.ts';
import { readSlackAction, type SlackAction } from '#lib/alerts/slack-actions.ts';
import { slackEmail } from '#lib/alerts/slack-person.ts';
import type { Context } from '#lib/context.ts';
import { WeirError } from '#lib/errors.ts';
import { decideLoad } from '#lib/sync/held-loads.ts';
import { startSync } from '#lib/sync/syncs.ts';
import { readBytes } from '../body.ts';
import { addressOf, type Door, type DoorEnv, idOf } from '../door.ts';
import { learnFrom } from '../learn-from.ts';

const BODY_BYTES = 1_000_000;
const SNOOZE_MS = 4 * 3_600_000;

/**
 * The buttons of messages in Slack. Slack signs what it sends; whoever is in the channel may press, except for what changes what
 * readers see: that takes a member of the workspace who might do it here.
 */
export function slackRoutes(app: Hono<DoorEnv>): void {
  app.post('/slack/:id', pressed);
}

async function pressed(c: Door): Promise<Response> {
  const context = c.get('context');
  const channelId = idOf(c);
  const action = await readSlackAction(context, channelId, {
    body: new TextDecoder().decode(await readBytes(c.req.raw, BODY_BYTES)),
    timestamp: c.req.header('x-slack-request-timestamp'),
    signature: c.req.header('x-slack-signature'),
  });
  if (action === null) return c.body(null, 200);
  const { workspaceId, incidentIds, actor } = action;
  const reply = await done(context, action, channelId);
  if (reply !== null) await tellChange(context.db, context, { workspaceId, incidentIds, reply });
  const subject = action.connectionId ? `connection:${action.connectionId}` : `incident:${incidentIds.join(',')}`;
  const detail = { from: addressOf(c), ...(reply !== null && { said: reply }) };
  await audit(context, { workspaceId, actor, action: `slack.${action.action}`, subject, detail });
  return c.body(null, 200);
}

/** Does it; gives what is to be said in the thread besides what the incidents tell of themselves. */
async function done(context: Context, action: SlackAction, channelId: string): Promise<string | null> {
  try {
    if (action.action === 'rerun') return await rerun(context, action);
    if (action.action === 'release') return await release(context, action, channelId);
    return await change(context, action);
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    return `${action.actor}: ${[error.message, error.hint].filter(Boolean).join(' ')}`;
  }
}

async function rerun(context: Context, { workspaceId, connectionId, actor }: SlackAction): Promise<string | null> {
  if (connectionId === null) return null;
  const { syncId } = await startSync(context, workspaceId, connectionId, 'manual');
  return `${actor}: Sync ${syncId} is started.`;
}

/** By the e-mail address that Slack vouches for. What came of it is said by the decision itself. */
async function release(
  context: Context,
  { workspaceId, syncId, userId, actor }: SlackAction,
  channelId: string,
): Promise<null> {
  if (syncId === null) return null;
  const email = await slackEmail(context, channelId, userId);
  const role = await roleByEmail(context, workspaceId, email);
  if (role === null) throw notMember(email);
  assertRole(role, 'editor');
  await decideLoad(context, workspaceId, syncId, 'release', { by: email, reason: 'Released in Slack' });
  const reply = `${email}: Load ${syncId} is released, its rows are being published.`;
  await tellDecision(context.db, context, { workspaceId, syncId, reply });
  await audit(context, {
    ...{ workspaceId, actor: email, action: 'sync.release', subject: `sync:${syncId}`, detail: { by: actor } },
  });
  return null;
}

/** Of a message about several incidents, all that are still open. */
async function change(context: Context, { workspaceId, incidentIds, actor, action }: SlackAction): Promise<null> {
  const open = await context.db
    .selectFrom('incident')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', 'in', [...incidentIds, 0])
    .where('status', '<>', 'resolved')
    .orderBy('id')
    .execute();
  for (const { id } of open) {
    if (action === 'acknowledge') await acknowledgeIncident(context, workspaceId, id, actor);
    if (action === 'snooze') {
      const until = new Date(context.clock().getTime() + SNOOZE_MS);
      await snoozeIncident(context, workspaceId, id, actor, until);
    }
    if (action === 'expected') {
      await resolveIncident(context, workspaceId, id, actor, { reason: 'expected' });
      await learnFrom(context, workspaceId, id);
    }
  }
  return null;
}

function notMember(email: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_allowed',
    message: `${email} is no member of this workspace.`,
    hint: 'An administrator can invite people under Settings.',
  });
}
