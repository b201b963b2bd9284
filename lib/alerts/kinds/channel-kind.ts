import type { Guard } from '#lib/address-guard.ts';
import type { ErrorKind, Failure, Issue } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Message } from '../message.ts';
import type { Thread } from './thread.ts';

export type ChannelType = 'slack' | 'slack_bot' | 'webhook' | 'email';

/** How an incident stands now, for messages that are edited as it changes. */
export interface IncidentFacts {
  readonly id: number;
  readonly status: 'open' | 'acknowledged' | 'resolved';
  readonly seen: number;
  readonly acknowledgedBy: string | null;
  readonly snoozedUntil: Date | null;
  readonly resolvedBy: string | null;
  /** The load that it holds back, until somebody decides. */
  readonly held: { readonly syncId: number; readonly rows: number } | null;
  readonly releasedBy: string | null;
  /** What times are told in. */
  readonly timeZone: string;
}

export interface PostOptions {
  readonly guard: Guard;
  readonly clock: () => Date;
  readonly deliveryId: string;
  readonly incidentIds: readonly number[];
  /** Of kinds with threads: how the incidents of this message and of its threads stand now. */
  readonly incidents: readonly IncidentFacts[];
  /** Of kinds with threads: the messages that stand for these incidents already. */
  readonly threads: readonly Thread[];
  /** Keeps where a message stands, or how it was edited. */
  readonly keep: (thread: Thread) => void;
}

/** Why a message was not taken, with the seconds that the other side wants to be left alone. */
export interface Refused {
  readonly failure: Failure;
  readonly retryAfterS: number | null;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** What a message is about, for channels that programs read; null where it is about no sync or no connection. */
export interface About {
  readonly event: string;
  readonly at: Date;
  readonly workspace: Named;
  readonly connection: Named | null;
  readonly source: Named | null;
  readonly destination: Named | null;
  readonly sync: {
    readonly id: number;
    readonly startedAt: Date | null;
    readonly finishedAt: Date | null;
    readonly recordsRead: number;
    readonly recordsWritten: number;
    readonly recordsFiltered: number;
    readonly bytes: number;
    /** What kind of failure ended it; null when none did. */
    readonly errorKind: ErrorKind | null;
  } | null;
  /** How people reach us; null when nobody told us. */
  readonly publicUrl: string | null;
}

/** What a new or changed config is held against. */
export interface Reach {
  readonly guard: Guard;
  /** Whether an administrator allowed exactly this host and port. */
  readonly isAllowed: (host: string, port: number) => Promise<boolean>;
}

/** A kind of channel is one file: its config, the form of its messages, and how one is sent. */
export interface ChannelKind {
  readonly type: ChannelType;
  /** Its messages are edited as incidents change, and have threads. */
  readonly hasThreads?: boolean;
  /** As it is called in sentences: “Slack took the message.” */
  readonly title: string;
  /** JSON schema of the config; what it marks `airbyte_secret` is sealed. */
  readonly spec: JsonObject;
  /** The config as it is kept, trimmed; unknown fields are left out. */
  readonly shape: (config: JsonObject) => JsonObject;
  /** All that is wrong with an open config, by `config.<field>`. */
  readonly issues: (config: JsonObject, reach: Reach) => Promise<Issue[]>;
  /** What is kept in the outbox until it is sent. @param config sealed: its plain values can be read */
  readonly render: (message: Message, about: About, config: JsonObject) => JsonObject;
  /** Sends once; null when it was taken. `transient` failures are worth another try. */
  readonly post: (config: JsonObject, payload: JsonObject, options: PostOptions) => Promise<Refused | null>;
}
