import { createHmac } from 'node:crypto';
import { type Failure, type Issue, WeirError } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { guardedFetch } from '../guarded-fetch.ts';
import type { Message } from '../message.ts';
import { airbytePayload } from './airbyte-payload.ts';
import type { About, ChannelKind, Reach, Refused } from './channel-kind.ts';
import { guardIssues } from './guard-issues.ts';

const TIMEOUT_MS = 15_000;
const SECRET_LENGTH = { least: 16, most: 500 };
const TEXT_LENGTH = 3_000;
const LINES = 20;
const FORMATS = ['weir', 'airbyte'];

/**
 * A POST of JSON to an address of one's own. `weir-signature: t=<seconds>,v1=<hex>` is HMAC-SHA-256 with the secret
 * over `<seconds>.<body>`; `weir-delivery` is the same for each try of one message.
 */
export const webhookKind: ChannelKind = {
  type: 'webhook',
  title: 'The webhook',
  spec: {
    type: 'object',
    required: ['url', 'secret'],
    properties: {
      url: { type: 'string', title: 'Address', description: 'Where messages are posted to.', airbyte_secret: true },
      secret: { type: 'string', title: 'Signing secret', airbyte_secret: true },
      format: { enum: FORMATS, default: 'weir', title: 'Form of the message' },
    },
  },
  shape: ({ url, secret, format }) => ({
    url: typeof url === 'string' ? url.trim() : '',
    secret: typeof secret === 'string' ? secret.trim() : '',
    format: format ?? 'weir',
  }),
  issues: async (config, reach) => [
    ...(await urlIssues(String(config.url ?? ''), reach)),
    ...secretIssues(String(config.secret ?? '')),
    ...(FORMATS.includes(String(config.format))
      ? []
      : [{ path: 'config.format', message: `One of: ${FORMATS.join(', ')}.` }]),
  ],
  render: (message, about, { format }) =>
    format === 'airbyte' ? airbytePayload(message, about) : weirPayload(message, about),
  post: async ({ url, secret }, payload, { guard, clock, deliveryId }) => {
    const body = JSON.stringify(payload);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Weir',
      'weir-delivery': deliveryId,
      'weir-signature': signature(String(secret), body, clock()),
    };
    const { fetch, close, retryAfterS } = guardedFetch(guard);
    try {
      const { status } = await fetch(String(url), {
        ...{ method: 'POST', body, headers, redirect: 'manual' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return readStatus(status, retryAfterS());
    } catch (error) {
      return { failure: readError(error), retryAfterS: null };
    } finally {
      await close();
    }
  },
};

/** What a receiver computes and compares; it refuses what is older than five minutes. */
export function signature(secret: string, body: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

async function urlIssues(url: string, { guard }: Reach): Promise<Issue[]> {
  const path = 'config.url';
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    return [{ path, message: 'Enter the whole address, with https://.' }];
  const { protocol, hostname, port, username, password } = new URL(url);
  const scheme = protocol === 'https:' ? 'https:' : 'http:';
  if (username || password) return [{ path, message: 'The address must not hold a user name or password.' }];
  return guardIssues(path, guard(hostname, Number(port) || (scheme === 'https:' ? 443 : 80), scheme));
}

function secretIssues(secret: string): Issue[] {
  const { least, most } = SECRET_LENGTH;
  if (secret.length >= least && secret.length <= most) return [];
  return [{ path: 'config.secret', message: `The signing secret has ${least} to ${most} characters.` }];
}

function weirPayload({ state, headline, lines, link, footer }: Message, about: About): JsonObject {
  const { event, at, workspace, connection, sync } = about;
  return {
    event,
    at: at.toISOString(),
    state,
    headline: headline.slice(0, TEXT_LENGTH),
    lines: lines.slice(0, LINES).map((line) => line.slice(0, TEXT_LENGTH)),
    link: link?.url ?? null,
    footer,
    workspace: { ...workspace },
    connection: connection && { ...connection },
    sync: sync && {
      id: sync.id,
      startedAt: sync.startedAt?.toISOString() ?? null,
      finishedAt: sync.finishedAt?.toISOString() ?? null,
      recordsRead: sync.recordsRead,
      recordsWritten: sync.recordsWritten,
      bytes: sync.bytes,
    },
  };
}

function readStatus(status: number, retryAfterS: number | null): Refused | null {
  if (status >= 200 && status < 300) return null;
  const message = `The webhook answered ${status}.`;
  if (status === 429 || status === 408 || status >= 500)
    return { failure: { kind: 'transient', code: 'webhook_busy', message }, retryAfterS };
  const hint = status < 400 ? 'Redirects are not followed: enter the address that they lead to.' : 'Check its address.';
  return { failure: { kind: 'config', code: 'webhook_refused', message, hint }, retryAfterS: null };
}

function readError(error: unknown): Failure {
  if (error instanceof WeirError) return error.toJSON();
  const message = 'The webhook could not be reached in time.';
  const hint = 'Check that this machine may reach its address.';
  return { kind: 'transient', code: 'webhook_unreachable', message, hint };
}
