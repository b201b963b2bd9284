import type { ChannelKind, ChannelType } from './channel-kind.ts';
import { emailKind } from './email-kind.ts';
import { slackBotKind } from './slack-bot-kind.ts';
import { slackKind } from './slack-kind.ts';
import { webhookKind } from './webhook-kind.ts';

/** Every kind of channel, in the order in which people are offered them. */
export const CHANNEL_KINDS: readonly ChannelKind[] = [slackKind, slackBotKind, webhookKind, emailKind];

export function channelKind(type: ChannelType): ChannelKind {
  const kind = CHANNEL_KINDS.find((each) => each.type === type);
  if (kind) return kind;
  throw new Error(`no channel of type ${type}`);
}

export function isChannelType(type: string): type is ChannelType {
  return CHANNEL_KINDS.some((kind) => kind.type === type);
}
