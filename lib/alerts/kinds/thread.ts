import type { Message } from '../message.ts';

/** A message of ours in Slack that stands for incidents: it is edited as they change, and its thread tells the rest. */
export interface Thread {
  readonly channel: string;
  readonly ts: string;
  /** As it was first told. */
  readonly message: Message;
  readonly incidentIds: readonly number[];
  readonly connectionId: string | null;
}
