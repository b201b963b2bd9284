import type { Channel as ChannelModel } from '#lib/alerts/channels.ts';
import type { Wire } from '../../../_components/wire.ts';

export type Channel = Wire<ChannelModel>;

/** What a channel can hear of, in the words of the form and of the list. */
export const EVENTS = [
  { event: 'sync_failed', label: 'A sync failed', short: 'failed syncs' },
  { event: 'check_failed', label: 'A check fails', short: 'failing checks' },
  { event: 'check_warned', label: 'A check warns', short: 'warnings' },
  { event: 'recovered', label: 'Something recovered', short: 'recoveries' },
] as const;
