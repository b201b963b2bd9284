import { type Answer, type RecordedRequest, scriptedServer } from './scripted-server.ts';
import { messageError, type SlackMessage } from './slack-limits.ts';

export type { SlackMessage } from './slack-limits.ts';

export interface LoopbackSlack extends AsyncDisposable {
  /** The incoming webhook to configure. */
  readonly webhookUrl: string;
  readonly host: string;
  readonly port: number;
  /** What was accepted, oldest first. */
  readonly messages: readonly SlackMessage[];
  /** The texts of a message as a reader sees them: `text`, and every text in blocks and attachments. */
  texts(): string[];
  /** Answers the next requests so, whatever they hold: an outage, say `{ status: 503 }` or `{ hang: true }`. */
  failNext(...answers: Answer[]): void;
  /** Resolves when so many messages were accepted. */
  waitForMessages(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface LoopbackSlackOptions {
  /** Messages taken within the window before 429 is answered; Slack speaks of one a second with short bursts. */
  readonly burst?: number;
  readonly windowS?: number;
  readonly clock?: () => Date;
}

const WEBHOOK_PATH = '/services/T0WEIR/B0WEIR/loopback-secret';

/** An incoming webhook that enforces Slack's limits, answers with Slack's words, and keeps what it was told. */
export async function loopbackSlack(options: LoopbackSlackOptions = {}): Promise<LoopbackSlack> {
  const { burst = 20, windowS = 30, clock = () => new Date() } = options;
  const messages: SlackMessage[] = [];
  const outage: Answer[] = [];
  const acceptedAt: number[] = [];
  const waiting = new Set<() => void>();

  const answer = (request: RecordedRequest): Answer => {
    const broken = outage.shift();
    if (broken) return broken;
    if (request.path !== WEBHOOK_PATH) return text(404, 'no_service');
    if (request.method !== 'POST') return text(400, 'invalid_payload');
    const now = clock().getTime() / 1000;
    const recent = acceptedAt.filter((at) => at > now - windowS);
    if (recent.length >= burst) {
      const retryAfterS = Math.ceil((recent.at(-burst) ?? now) + windowS - now);
      return { ...text(429, 'rate_limited'), headers: { 'retry-after': String(Math.max(1, retryAfterS)) } };
    }
    const message = parse(request);
    const error = message === null ? 'invalid_payload' : messageError(message);
    if (message === null || error !== null) return text(400, error ?? 'invalid_payload');
    acceptedAt.push(now);
    messages.push(message);
    for (const look of waiting) look();
    return text(200, 'ok');
  };

  const server = await scriptedServer(answer);
  return {
    webhookUrl: server.url + WEBHOOK_PATH,
    host: server.host,
    port: server.port,
    messages,
    texts: () => messages.map((message) => textsOf(message).join('\n')),
    failNext: (...answers) => void outage.push(...answers),
    waitForMessages: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (messages.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: server.close,
    [Symbol.asyncDispose]: server.close,
  };
}

function text(status: number, body: string): Answer {
  return { status, body, headers: { 'content-type': 'text/html' } };
}

/** JSON, or the older form with a `payload` field. */
function parse(request: RecordedRequest): SlackMessage | null {
  try {
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
    const value: unknown = JSON.parse(isForm ? (new URLSearchParams(request.body).get('payload') ?? '') : request.body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SlackMessage) : null;
  } catch {
    return null;
  }
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    typeof item === 'string' ? (name === 'text' ? [item] : []) : textsOf(item),
  );
}
