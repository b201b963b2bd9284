/** What a channel can ask for. */
export const EVENTS = ['sync_failed', 'check_failed', 'check_warned', 'recovered', 'sync_succeeded'] as const;
export type Event = (typeof EVENTS)[number];
