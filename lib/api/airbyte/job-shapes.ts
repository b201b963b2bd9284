import type { SyncKind, SyncStatus } from '#lib/db/schema.ts';
import { type Failure, failureText } from '#lib/errors.ts';
import type { JsonObject } from '#lib/json.ts';
import type { Job, JobAttempt, JobStream } from '#lib/sync/jobs.ts';
import { epochSeconds, withoutAbsent } from './call.ts';

/** What is not whole has failed: `succeeded` means published. */
const STATUSES: Record<SyncStatus, string> = {
  pending: 'pending',
  running: 'running',
  incomplete: 'incomplete',
  succeeded: 'succeeded',
  partial: 'failed',
  failed: 'failed',
  cancelled: 'cancelled',
  skipped: 'cancelled',
};
const CONFIG_TYPES: Record<SyncKind, string> = {
  sync: 'sync',
  refresh: 'refresh',
  clear: 'clear',
  reset: 'reset_connection',
};
const FAILURE_TYPES: Record<Failure['kind'], string> = {
  config: 'config_error',
  transient: 'transient_error',
  terminal: 'system_error',
  bug: 'system_error',
};
/** Failures of the machinery around a sync, and not of either end. */
const PLATFORM_CODES = ['worker_lost', 'worker_stopped', 'process_lost', 'memory_limit', 'deadline', 'counts_differ'];

/** A job as the public API shows it. Times are ISO with an offset in digits, which every client can read. */
export function toPublicJob(job: Job): JsonObject {
  const { status } = toStatus(job);
  return withoutAbsent({
    jobId: job.id,
    status,
    jobType: job.kind,
    startTime: isoTime(job.createdAt),
    connectionId: job.connectionId,
    lastUpdatedAt: job.finishedAt ? isoTime(job.finishedAt) : undefined,
    duration: job.startedAt ? isoDuration(job.startedAt, job.finishedAt ?? undefined) : undefined,
    bytesSynced: sum(job.streams.filter(isPublished), 'bytes'),
    rowsSynced: sum(job.streams.filter(isPublished), 'written'),
  }) as JsonObject;
}

/** A job with its attempts as the Config API shows it: there is always one attempt, from the first look on. */
export function toJobInfo(job: Job, linesOf: (attempt: number) => readonly string[]): JsonObject {
  return { job: toConfigJob(job), attempts: toAttempts(job, linesOf) };
}

export function toConfigJob(job: Job): JsonObject {
  const { status } = toStatus(job);
  return withoutAbsent({
    id: job.id,
    configType: CONFIG_TYPES[job.kind],
    configId: job.connectionId,
    createdAt: epochSeconds(job.createdAt),
    updatedAt: updatedAt(job),
    startedAt: job.startedAt ? epochSeconds(job.startedAt) : undefined,
    status,
    aggregatedStats: statsOf(job.streams),
    enabledStreams: job.streams.map(descriptorOf),
    resetConfig:
      job.kind === 'clear' || job.kind === 'reset'
        ? { streamsToReset: (job.onlyStreams ?? job.streams).map(descriptorOf) }
        : undefined,
  }) as JsonObject;
}

/** Statuses of ours that a status of theirs stands for; undefined for one that nobody knows. */
export function readStatus(status: string): SyncStatus[] | undefined {
  const found = Object.entries(STATUSES).flatMap(([ours, theirs]) =>
    theirs === status && ours !== 'skipped' ? [ours as SyncStatus] : [],
  );
  return found.length > 0 ? found : undefined;
}

/** Kinds of ours that a `configType` or `jobType` stands for. */
export function readKind(type: string): SyncKind | undefined {
  const kinds = Object.keys(CONFIG_TYPES) as SyncKind[];
  return kinds.find((kind) => kind === type || CONFIG_TYPES[kind] === type);
}

/** `PT8M4S`. */
export function isoDuration(from: Date, to: Date = new Date()): string {
  const seconds = Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const text = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${rest ? `${rest}S` : ''}`;
  return `PT${text || '0S'}`;
}

function toStatus(job: Job): { status: string } {
  return { status: STATUSES[job.status] };
}

function toAttempts(job: Job, linesOf: (attempt: number) => readonly string[]): JsonObject[] {
  const last = job.attempts.at(-1);
  if (!last) {
    const ended = job.finishedAt !== null;
    const attempt = withoutAbsent({
      id: 0,
      status: ended ? 'failed' : 'running',
      createdAt: epochSeconds(job.createdAt),
      updatedAt: updatedAt(job),
      endedAt: job.finishedAt ? epochSeconds(job.finishedAt) : undefined,
      ...(ended && { failureSummary: summaryOf(job) }),
    });
    return [{ attempt, logType: 'formatted', logs: { logLines: [] } } as unknown as JsonObject];
  }
  return job.attempts.map((attempt) => ({
    attempt: toAttempt(job, attempt, attempt === last),
    logType: 'formatted',
    logs: { logLines: [...linesOf(attempt.number)] },
  }));
}

/** Counts are kept per sync: the last attempt carries them. */
function toAttempt(job: Job, attempt: JobAttempt, isLast: boolean): JsonObject {
  const over = attempt.status !== 'running';
  const whole = isLast && job.finishedAt !== null && job.status !== 'succeeded';
  const failed = attempt.status === 'failed' || attempt.status === 'cancelled';
  return withoutAbsent({
    id: attempt.number - 1,
    status: over ? (failed || whole ? 'failed' : 'succeeded') : 'running',
    createdAt: attempt.startedAt,
    updatedAt: attempt.finishedAt ?? attempt.startedAt,
    endedAt: attempt.finishedAt,
    ...(isLast && {
      bytesSynced: sum(job.streams, 'bytes'),
      recordsSynced: sum(job.streams, 'written'),
      totalStats: statsOf(job.streams),
      streamStats: job.streams.map((stream) => ({ ...descriptorKeys(stream), stats: statsOf([stream]) })),
    }),
    ...(whole && { failureSummary: summaryOf(job) }),
    ...(!whole && failed && { failureSummary: { failures: failuresOf(attempt.failure, []), partialSuccess: false } }),
  }) as JsonObject;
}

/** Why the job is not `succeeded`, stream by stream. */
function summaryOf(job: Job): JsonObject {
  const failures =
    job.status === 'cancelled' && job.failure === null ? [CANCELLED] : failuresOf(job.failure, job.streams);
  return { failures, partialSuccess: job.streams.some(isPublished) };
}

const CANCELLED: JsonObject = {
  failureOrigin: 'airbyte_platform',
  failureType: 'manual_cancellation',
  externalMessage: 'The sync was cancelled.',
  internalMessage: 'cancelled',
  retryable: true,
};

function failuresOf(failure: Failure | null, streams: readonly JobStream[]): JsonObject[] {
  const ofStreams = streams.flatMap((stream) => (stream.failure ? [reason(stream.failure, stream)] : []));
  return ofStreams.length > 0 ? ofStreams : failure ? [reason(failure)] : [];
}

function reason(failure: Failure, stream?: JobStream): JsonObject {
  return withoutAbsent({
    failureOrigin: PLATFORM_CODES.includes(failure.code) ? 'airbyte_platform' : 'replication',
    failureType: FAILURE_TYPES[failure.kind],
    externalMessage: failureText(failure),
    internalMessage: failure.code,
    stacktrace: '',
    retryable: failure.kind === 'transient',
    streamDescriptor: stream && descriptorOf(stream),
  }) as JsonObject;
}

function statsOf(streams: readonly JobStream[]): JsonObject {
  const published = streams.filter(isPublished);
  return {
    recordsEmitted: sum(streams, 'read'),
    bytesEmitted: sum(streams, 'bytes'),
    stateMessagesEmitted: 0,
    recordsCommitted: sum(published, 'written'),
    bytesCommitted: sum(published, 'bytes'),
    recordsRejected: sum(streams, 'quarantined'),
  };
}

function descriptorOf({ name, namespace }: { name: string; namespace: string }): JsonObject {
  return { name, ...(namespace !== '' && { namespace }) };
}

function descriptorKeys({ name, namespace }: JobStream): JsonObject {
  return { streamName: name, ...(namespace !== '' && { streamNamespace: namespace }) };
}

function isPublished({ status }: JobStream): boolean {
  return status === 'published';
}

function sum(streams: readonly JobStream[], field: 'read' | 'written' | 'quarantined' | 'bytes'): number {
  return streams.reduce((total, stream) => total + stream[field], 0);
}

function updatedAt(job: Job): number {
  const last = job.attempts.at(-1);
  if (job.finishedAt) return epochSeconds(job.finishedAt);
  return last ? (last.finishedAt ?? last.startedAt) : epochSeconds(job.createdAt);
}

function isoTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, '+00:00');
}
