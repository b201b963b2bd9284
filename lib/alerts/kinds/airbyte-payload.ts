import type { ErrorKind } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import { type Message, toSlack } from '../message.ts';
import type { About } from './channel-kind.ts';

const ERROR_LENGTH = 3_000;
/** Airbyte sends `data` with the end of a sync only. */
const WITH_DATA = ['sync_failed', 'load_held', 'sync_succeeded'];
const ERROR_TYPES: Readonly<Record<ErrorKind, string>> = {
  config: 'config_error',
  transient: 'transient_error',
  terminal: 'system_error',
  bug: 'system_error',
};

/** The form that Airbyte posts its notifications in: Slack's text and blocks, and `data` for programs. */
export function airbytePayload(message: Message, about: About): JsonObject {
  const { event, sync } = about;
  return sync !== null && WITH_DATA.includes(event)
    ? { ...toSlack(message), data: dataOf(message, about, sync) }
    : toSlack(message);
}

function dataOf(message: Message, about: About, sync: NonNullable<About['sync']>): JsonObject {
  const { workspace, connection, source, destination, publicUrl } = about;
  const page = (path: string) => (publicUrl ? `${publicUrl}${path}` : '');
  const end = (folder: string, named: About['source']) =>
    named && { id: named.id, name: named.name, url: page(`/${folder}/${named.id}`) };
  const failed = message.state !== 'recovered';
  const [from, to] = [sync.startedAt ?? about.at, sync.finishedAt ?? about.at];
  const seconds = Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
  return {
    workspace: { ...workspace, url: page('/') },
    connection: end('connections', connection),
    source: end('sources', source),
    destination: end('destinations', destination),
    jobId: sync.id,
    success: !failed,
    startedAt: from.toISOString(),
    finishedAt: to.toISOString(),
    durationInSeconds: seconds,
    durationFormatted: durationText(seconds),
    ...{ recordsEmitted: sync.recordsRead, recordsCommitted: sync.recordsWritten },
    recordsFilteredOut: sync.recordsFiltered,
    ...{ bytesEmitted: sync.bytes, bytesCommitted: sync.bytes, bytesFilteredOut: 0 },
    ...{ bytesEmittedFormatted: bytesText(sync.bytes), bytesCommittedFormatted: bytesText(sync.bytes) },
    errorMessage: failed ? reasonIn(message.headline, connection?.name ?? '').slice(0, ERROR_LENGTH) : null,
    errorType: failed && sync.errorKind ? ERROR_TYPES[sync.errorKind] : null,
    errorOrigin: null,
  };
}

/** `Sync failed: shop_orders: 401 Unauthorized` without what stands before the reason. */
function reasonIn(headline: string, name: string): string {
  const at = headline.indexOf(`${name}: `);
  return at === -1 ? headline : headline.slice(at + name.length + 2);
}

/** `41 sec`, `12 min 3 sec`, `1 hours 20 min`, as Airbyte words it. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds} sec`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} sec`;
  return `${Math.floor(seconds / 3600)} hours ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Whole units in steps of 1,024, as Airbyte words it. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Math.floor(bytes / 1024 ** power)} ${units[power]}`;
}
