import type { JsonObject } from '#lib/json.ts';
import type { IncidentFacts } from './kinds/channel-kind.ts';
import type { Thread } from './kinds/thread.ts';
import { type Message, toSlack } from './message.ts';

const SNOOZE_HOURS = 4;
/** Slack takes 2,000 characters in a button's value. */
const MOST_NAMED = 200;

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

/** `Acknowledged by ada · snoozed until 08:00 UTC · seen 14×`, over all of them. */
export function statusLine(incidents: readonly IncidentFacts[]): string {
  const by = [...new Set(incidents.flatMap(({ acknowledgedBy }) => acknowledgedBy ?? []))];
  const closed = [...new Set(incidents.flatMap(({ resolvedBy }) => resolvedBy ?? []))];
  const seen = incidents.reduce((sum, incident) => sum + incident.seen, 0);
  const over = incidents.filter(({ status }) => status === 'resolved').length;
  const snoozed = incidents.flatMap(({ status, snoozedUntil }) =>
    status === 'resolved' ? [] : (snoozedUntil ?? []),
  )[0];
  return [
    by.length > 0 && `Acknowledged by ${by.join(', ')}`,
    closed.length > 0 && `Closed by ${closed.join(', ')}`,
    snoozed && `Snoozed until ${snoozed.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
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
  const button = (action: string, text: string, of = value): JsonObject => ({
    ...{ type: 'button', action_id: action, value: of, text: { type: 'plain_text', text } },
  });
  const elements = [
    ...(isNew ? [button('acknowledge', 'Acknowledge')] : []),
    button('snooze', `Snooze ${SNOOZE_HOURS}h`),
    button('expected', 'Expected'),
    ...(connectionId ? [button('rerun', 'Re-run', `${connectionId} ${value}`)] : []),
  ];
  const link = blocks.find(({ type }) => type === 'actions');
  const linked = link ? [...(link.elements as JsonObject[]), ...elements] : elements;
  const actions = { type: 'actions', elements: linked };
  const rest = blocks.filter((block) => block !== link);
  const footerAt = rest.findIndex(({ type }) => type === 'context');
  return footerAt === -1 ? [...rest, actions] : [...rest.slice(0, footerAt), actions, ...rest.slice(footerAt)];
}
