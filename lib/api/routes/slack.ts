import type { Hono } from 'hono';
import { audit } from '#lib/access/audit.ts';
import { tellChange } from '#lib/alerts/incident-changed.ts';
import { acknowledgeIncident, resolveIncident, snoozeIncident } from '#lib/alerts/incidents.ts';
import { readSlackAction, type SlackAction } from '#lib/alerts/slack-actions.ts';
import type { Context } from '#lib/context.ts';
import { WeirError } from '#lib/errors.ts';
import { startSync } from '#lib/sync/syncs.ts';
import { readBytes } from '../body.ts';
import { addressOf, type Door, type DoorEnv, idOf } from '../door.ts';
import { learnFrom } from '../learn-from.ts';

const BODY_BYTES = 1_000_000;
const SNOOZE_MS = 4 * 3_600_000;

/** The buttons of messages in Slack. Slack signs what it sends; whoever is in the channel may press. */
export function slackRoutes(app: Hono<DoorEnv>): void {
  app.post('/slack/:id', pressed);
}

async function pressed(c: Door): Promise<Response> {
  const context = c.get('context');
  const action = await readSlackAction(context, idOf(c), {
    body: new TextDecoder().decode(await readBytes(c.req.raw, BODY_BYTES)),
    timestamp: c.req.header('x-slack-request-timestamp'),
    signature: c.req.header('x-slack-signature'),
  });
  if (action === null) return c.body(null, 200);
  const { workspaceId, incidentIds, actor } = action;
  const reply = await done(context, action);
  if (reply !== null) await tellChange(context.db, context, { workspaceId, incidentIds, reply });
  const subject = action.connectionId ? `connection:${action.connectionId}` : `incident:${incidentIds.join(',')}`;
  const detail = { from: addressOf(c), ...(reply !== null && { said: reply }) };
  await audit(context, { workspaceId, actor, action: `slack.${action.action}`, subject, detail });
  return c.body(null, 200);
}

/** Does it; gives what is to be said in the thread besides what the incidents tell of themselves. */
async function done(context: Context, action: SlackAction): Promise<string | null> {
  try {
    return action.action === 'rerun' ? await rerun(context, action) : await change(context, action);
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
