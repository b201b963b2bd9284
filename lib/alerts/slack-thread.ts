import type { JsonObject } from '#lib/json.ts';
import type { IncidentFacts } from './kinds/channel-kind.ts';
import type { Thread } from './kinds/thread.ts';
import { type Message, toSlack } from './message.ts';
import { stampIn } from './zone.ts';

const SNOOZE_HOURS = 4;
/** Slack takes 2,000 characters in a button's value. */
const MOST_NAMED = 120;
/** And 25 buttons in a row. */
const MOST_LOADS = 5;

/** The parent as it is to look now: red while one of its incidents is open, with what people did; green once all are over. */
export function parentOf(
  thread: Omit<Thread, 'channel' | 'ts'>,
  incidents: readonly IncidentFacts[],
  { buttons, resolved }: { buttons: boolean; resolved: Message | null },
): JsonObject {
  const { message, incidentIds, connectionId } = thread;
  const open = incidents.filter(({ status }) => status !== 'resolved');
  if (incidents.length > 0 && open.length === 0) {
    const headline = resolved?.headline ?? `Resolved: ${message.headline}`;
    const was = { ...message, state: 'recovered', headline, lines: [`Was: ${message.headline}`] } as const;
    return toSlack({ ...was, footer: statusLine(incidents) });
  }
  const slack = toSlack({ ...message, footer: [statusLine(incidents), message.footer].filter(Boolean).join(' · ') });
  if (!buttons || incidentIds.length === 0) return slack;
  return { ...slack, blocks: withButtons(slack.blocks as JsonObject[], open, connectionId) };
}

/** `Acknowledged by ada · Snoozed until 2026-07-01 08:00 Europe/Berlin · seen 14×`, over all of them. */
export function statusLine(incidents: readonly IncidentFacts[]): string {
  const by = [...new Set(incidents.flatMap(({ acknowledgedBy }) => acknowledgedBy ?? []))];
  const released = [...new Set(incidents.flatMap(({ releasedBy }) => releasedBy ?? []))];
  const closed = [...new Set(incidents.flatMap(({ resolvedBy }) => resolvedBy ?? []))];
  const seen = incidents.reduce((sum, incident) => sum + incident.seen, 0);
  const over = incidents.filter(({ status }) => status === 'resolved').length;
  const snoozed = incidents.flatMap(({ status, snoozedUntil, timeZone }) =>
    status === 'resolved' || snoozedUntil === null ? [] : stampIn(snoozedUntil, timeZone),
  )[0];
  return [
    by.length > 0 && `Acknowledged by ${by.join(', ')}`,
    closed.length > 0 && `Closed by ${closed.join(', ')}`,
    released.length > 0 && `Released by ${released.join(', ')}`,
    snoozed && `Snoozed until ${snoozed}`,
    incidents.length > 1 && over > 0 && over < incidents.length && `${over} of ${incidents.length} are over`,
    seen > incidents.length && `seen ${seen}×`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Before the footer, beside the link. */
function withButtons(
  blocks: readonly JsonObject[],
  open: readonly IncidentFacts[],
  connectionId: string | null,
): JsonObject[] {
  const value = open
    .slice(0, MOST_NAMED)
    .map(({ id }) => id)
    .join(',');
  const isNew = open.some(({ status }) => status === 'open');
  const held = open.flatMap((incident) => incident.held ?? []);
  const button = (action: string, text: string, of = value): JsonObject => ({
    ...{ type: 'button', action_id: action, value: of, text: plain(text) },
  });
  const elements = [
    ...(isNew ? [button('acknowledge', 'Acknowledge')] : []),
    button('snooze', `Snooze ${SNOOZE_HOURS}h`),
    button('expected', 'Expected'),
    // What is held has to be decided before another sync may start.
    ...(connectionId && held.length === 0 ? [button('rerun', 'Re-run', `${connectionId} ${value}`)] : []),
    ...held.slice(0, MOST_LOADS).map(({ syncId, rows }) => ({
      // No two buttons of a row may have one id.
      ...button(`release:${syncId}`, `Release load ${syncId}…`, `load:${syncId} ${value}`),
      confirm: releaseConfirm(syncId, rows),
    })),
  ];
  const link = blocks.find(({ type }) => type === 'actions');
  const linked = link ? [...(link.elements as JsonObject[]), ...elements] : elements;
  const actions = { type: 'actions', elements: linked };
  const rest = blocks.filter((block) => block !== link);
  const footerAt = rest.findIndex(({ type }) => type === 'context');
  return footerAt === -1 ? [...rest, actions] : [...rest.slice(0, footerAt), actions, ...rest.slice(footerAt)];
}

/** What Slack asks before it sends the press. */
function releaseConfirm(syncId: number, rows: number): JsonObject {
  const text = `${rows.toLocaleString('en-US')} staged rows that a check holds back become what readers see, and the schedule resumes. Recorded with your name.`;
  return {
    title: plain(`Release load ${syncId}?`),
    text: plain(text),
    confirm: plain('Release load'),
    deny: plain('Keep it held'),
    style: 'danger',
  };
}

function plain(text: string): JsonObject {
  return { type: 'plain_text', text };
}
