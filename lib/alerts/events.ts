export type Level = 'critical' | 'warning' | 'info';

interface EventKind {
  readonly event: string;
  readonly level: Level;
  /** Asked for by a new channel. */
  readonly usual: boolean;
}

/** What can be told of, with its weight. */
export const EVENT_KINDS = [
  { event: 'sync_failed', level: 'critical', usual: true },
  { event: 'load_held', level: 'critical', usual: true },
  { event: 'sync_late', level: 'critical', usual: true },
  { event: 'connection_disabled', level: 'critical', usual: true },
  { event: 'connection_at_risk', level: 'warning', usual: true },
  { event: 'schema_changed', level: 'warning', usual: true },
  { event: 'check_failed', level: 'critical', usual: true },
  { event: 'check_warned', level: 'warning', usual: false },
  { event: 'step_failed', level: 'critical', usual: true },
  { event: 'recovered', level: 'info', usual: true },
  { event: 'sync_succeeded', level: 'info', usual: false },
] as const satisfies readonly EventKind[];

export type Event = (typeof EVENT_KINDS)[number]['event'];

export const EVENTS: readonly Event[] = EVENT_KINDS.map(({ event }) => event);
export const USUAL_EVENTS: readonly Event[] = EVENT_KINDS.flatMap(({ event, usual }) => (usual ? [event] : []));
export const LEVELS: readonly Level[] = ['critical', 'warning', 'info'];

export function levelOf(event: Event): Level {
  return EVENT_KINDS.find((kind) => kind.event === event)?.level ?? 'info';
}
