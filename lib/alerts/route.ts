import type { Digest, QuietHours, RuleMatches } from '#lib/db/schema.ts';
import { type Event, type Level, levelOf } from './events.ts';
import { nextDigest, quietUntil } from './quiet-hours.ts';

/** A rule as routing needs it. */
export interface RoutingRule {
  readonly id: string;
  readonly name: string;
  readonly matches: RuleMatches;
  readonly channelIds: readonly string[];
  readonly failuresInARow: number;
  readonly quietHours: QuietHours | null;
  readonly digest: Digest | null;
}

/** What a message is about, as far as rules ask for it. */
export interface Routed {
  readonly event: Event;
  /** A recovery weighs as much as what it recovers from. */
  readonly level?: Level;
  readonly connectionId: string | null;
  readonly tags: readonly string[];
  readonly owners: readonly string[];
}

interface RoutingChannel {
  readonly id: string;
  readonly events: readonly string[];
}

/** Why somebody is told later, and when, in the zone that the rule gives its times in. */
export interface Wait {
  readonly why: 'quiet' | 'digest';
  readonly dueAt: Date;
  readonly timeZone: string;
}

/** Who is told, and when: `waits` is null for at once. */
export interface Route<C> {
  readonly rule: RoutingRule | null;
  readonly channels: readonly C[];
  readonly waits: Wait | null;
}

/**
 * The first rule that matches decides: its channels are told. Where none does, every channel is told of the events that it
 * asks for. A rule that names events tells its channels of them, whatever they ask for.
 */
export function routeOf<C extends RoutingChannel>(
  rules: readonly RoutingRule[],
  channels: readonly C[],
  about: Routed,
  now: Date,
): Route<C> {
  const rule = rules.find(({ matches }) => doesMatch(matches, about)) ?? null;
  if (rule === null)
    return { rule, channels: channels.filter(({ events }) => events.includes(about.event)), waits: null };
  const isNamed = rule.matches.events !== undefined;
  return {
    rule,
    channels: channels.filter(
      ({ id, events }) => rule.channelIds.includes(id) && (isNamed || events.includes(about.event)),
    ),
    waits: waitOf(rule, levelIn(about), now),
  };
}

function waitOf({ digest, quietHours }: RoutingRule, level: Level, now: Date): Wait | null {
  const digestAt = digest !== null && level === 'warning' ? nextDigest(digest, now) : null;
  if (digest !== null && digestAt !== null) return { why: 'digest', dueAt: digestAt, timeZone: digest.timeZone };
  const quietEnd = quietUntil(quietHours, now);
  if (quietHours === null || quietEnd === null) return null;
  return { why: 'quiet', dueAt: quietEnd, timeZone: quietHours.timeZone };
}

function doesMatch({ connections, tags, owners, levels, events }: RuleMatches, about: Routed): boolean {
  return (
    (connections === undefined || (about.connectionId !== null && connections.includes(about.connectionId))) &&
    (tags === undefined || tags.some((tag) => about.tags.includes(tag))) &&
    (owners === undefined || owners.some((owner) => about.owners.includes(owner))) &&
    (levels === undefined || levels.includes(levelIn(about))) &&
    (events === undefined || events.includes(about.event))
  );
}

function levelIn({ event, level }: Routed): Level {
  return level ?? levelOf(event);
}
