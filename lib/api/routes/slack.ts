import type { Hono } from 'hono';
import { audit } from '#lib/access/audit.ts';
import { roleByEmail } from '#lib/access/members.ts';
import { assertRole } from '#lib/access/roles.ts';
import { isFirstOf } from '#lib/access/try-limit.ts';
import { tellChange } from '#lib/alerts/incident-changed.ts';
import { acknowledgeIncident, resolveIncident, snoozeIncident } from '#lib/alerts/incidents.ts';
import { MOST_AGE_S, readSlackAction, type SlackAction } from '#lib/alerts/slack-actions.ts';
import { type SlackPerson, slackPerson } from '#lib/alerts/slack-person.ts';
import type { Context } from '#lib/context.ts';
import type { Role } from '#lib/db/schema.ts';
import { WeirError } from '#lib/errors.ts';
import { startSyncIn } from '#lib/sync/syncs.ts';
import { readBytes } from '../body.ts';
import { decideHeld } from '../decide-held.ts';
import { addressOf, type Door, type DoorEnv, idOf } from '../door.ts';
import { learnFrom } from '../learn-from.ts';

const BODY_BYTES = 1_000_000;
const SNOOZE_MS = 4 * 3_600_000;

/**
 * The buttons of messages in Slack. Slack signs what it sends, and says who pressed: a button does what that person might do
 * in Weir, and nothing for anybody else in the channel.
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
  // Slack signs each press anew.
  const signature = c.req.header('x-slack-signature') ?? '';
  if (!(await isFirstOf(context, { signature, within: 2 * MOST_AGE_S }))) return c.body(null, 200);
  const person = await slackPerson(context, channelId, action.userId);
  const told = await done(context, action, person);
  const { workspaceId, incidentIds, syncId, connectionId } = action;
  const [name, noun] = DOES[action.action];
  const subject = { sync: syncId, connection: connectionId, incident: incidentIds.join(',') }[noun];
  const detail = { from: addressOf(c), slack: action.actor, ...(told.refused && { refused: told.refused }) };
  await audit(context, {
    ...{ workspaceId, actor: told.by ?? action.actor, action: told.refused ? 'refused' : name },
    ...{ subject: told.refused ? `${name} ${noun}:${subject}` : `${noun}:${subject}`, detail },
  });
  return c.body(null, 200);
}

/** As the audit log calls them when they are done in Weir, what they are done to, and who may. */
const DOES: Record<SlackAction['action'], readonly [string, 'sync' | 'connection' | 'incident', Role]> = {
  acknowledge: ['incident.acknowledge', 'incident', 'editor'],
  snooze: ['incident.snooze', 'incident', 'editor'],
  expected: ['incident.resolve', 'incident', 'editor'],
  rerun: ['connection.sync', 'connection', 'editor'],
  release: ['sync.release', 'sync', 'editor'],
};

/** Does it in the name of the member who pressed; what keeps it from being done is said to that person alone. */
async function done(
  context: Context,
  action: SlackAction,
  person: SlackPerson,
): Promise<{ by: string | null; refused: string | null }> {
  let by: string | null = null;
  try {
    by = await memberWho(context, action, person);
    await act(context, action, by);
    return { by, refused: null };
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    const refused = [error.message, error.hint].filter(Boolean).join(' ');
    await whisper(context, action, person, refused);
    return { by, refused };
  }
}

/** The e-mail address that Slack vouches for. @throws WeirError `not_allowed` for who is no member, or may not do this */
async function memberWho(context: Context, { workspaceId, action }: SlackAction, person: SlackPerson): Promise<string> {
  const email = await person.email();
  const role = await roleByEmail(context, workspaceId, email);
  if (role === null) throw notMember(email);
  assertRole(role, DOES[action][2]);
  return email;
}

/** Where Slack does not take it, the thread says it. */
async function whisper(context: Context, action: SlackAction, person: SlackPerson, why: string): Promise<void> {
  const { workspaceId, incidentIds, actor, place } = action;
  const text = `Sorry, that button did nothing. ${why}`;
  try {
    if (place) return await person.tell(text, place);
  } catch (error) {
    context.log.warn({ err: error }, 'Slack did not take a word to who pressed a button');
  }
  await tellChange(context.db, context, { workspaceId, incidentIds, reply: `${actor}: ${text}` });
}

function act(context: Context, action: SlackAction, by: string): Promise<void> {
  if (action.action === 'rerun') return rerun(context, action, by);
  if (action.action === 'release') return release(context, action, by);
  return change(context, action, by);
}

async function rerun(
  context: Context,
  { workspaceId, connectionId, incidentIds }: SlackAction,
  by: string,
): Promise<void> {
  if (connectionId === null) return;
  await context.db.transaction().execute(async (tx) => {
    const { syncId } = await startSyncIn(tx, context, { workspaceId, connectionId, trigger: 'manual' });
    const reply = `${by}: Sync ${syncId} is started.`;
    await tellChange(tx, context, { workspaceId, incidentIds, reply });
  });
}

async function release(context: Context, { workspaceId, syncId }: SlackAction, by: string): Promise<void> {
  if (syncId === null) return;
  await decideHeld(context, { workspaceId, syncId }, 'release', { by, reason: 'Released in Slack.' });
}

/** Of a message about several incidents, all that are still open. */
async function change(context: Context, { workspaceId, incidentIds, action }: SlackAction, by: string): Promise<void> {
  const open = await context.db
    .selectFrom('incident')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', 'in', [...incidentIds, 0])
    .where('status', '<>', 'resolved')
    .orderBy('id')
    .execute();
  for (const { id } of open) {
    if (action === 'acknowledge') await acknowledgeIncident(context, workspaceId, id, by);
    if (action === 'snooze') {
      const until = new Date(context.clock().getTime() + SNOOZE_MS);
      await snoozeIncident(context, workspaceId, id, by, until);
    }
    if (action === 'expected') {
      await resolveIncident(context, workspaceId, id, by, { reason: 'expected' });
      await learnFrom(context, workspaceId, id);
    }
  }
}

function notMember(email: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_allowed',
    message: `${email} is no member of this workspace.`,
    hint: 'An administrator can invite people under Settings.',
  });
}
