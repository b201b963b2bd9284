import type { JsonObject } from '#lib/json.ts';
import { type Message, spanText, toSlack } from '../message.ts';
import type { About } from './channel-kind.ts';

const ERROR_LENGTH = 3_000;
const FAILURES = ['failed', 'warned'];

/** The form that Airbyte posts its notifications in: Slack's text and blocks, and `data` for programs. */
export function airbytePayload(message: Message, about: About): JsonObject {
  const { workspace, connection, source, destination, sync, publicUrl } = about;
  const page = (path: string) => (publicUrl ? `${publicUrl}${path}` : '');
  const end = (folder: string, named: About['source']) =>
    named && { id: named.id, name: named.name, url: page(`/${folder}/${named.id}`) };
  const failed = FAILURES.includes(message.state);
  const [from, to] = [sync?.startedAt ?? about.at, sync?.finishedAt ?? about.at];
  return {
    ...toSlack(message),
    data: {
      workspace: { ...workspace, url: page('/') },
      connection: end('connections', connection),
      source: end('sources', source),
      destination: end('destinations', destination),
      jobId: sync?.id ?? null,
      startedAt: from.toISOString(),
      finishedAt: to.toISOString(),
      recordsEmitted: sync?.recordsRead ?? 0,
      recordsCommitted: sync?.recordsWritten ?? 0,
      bytesEmitted: sync?.bytes ?? 0,
      bytesCommitted: sync?.bytes ?? 0,
      bytesEmittedFormatted: bytesText(sync?.bytes ?? 0),
      bytesCommittedFormatted: bytesText(sync?.bytes ?? 0),
      errorMessage: failed ? message.headline.slice(0, ERROR_LENGTH) : null,
      errorType: null,
      errorOrigin: null,
      success: !failed,
      durationInSeconds: Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000)),
      durationFormatted: spanText(from, to),
    },
  };
}

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
