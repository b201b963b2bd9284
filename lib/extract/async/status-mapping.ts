import type { JsonObject } from '#lib/json.ts';
import { defineKind } from '#lib/manifest/kind.ts';

export type JobStatus = 'running' | 'completed' | 'failed' | 'timeout' | 'skipped';

const STATUSES: readonly JobStatus[] = ['running', 'completed', 'failed', 'timeout', 'skipped'];

/** What the words of an API say of a job. */
export type StatusMapping = ReadonlyMap<string, JobStatus>;

const words = (docs: string, required = true) => ({ docs, types: ['array'] as const, ...(required && { required }) });

export const asyncJobStatusMap = defineKind<StatusMapping>({
  name: 'AsyncJobStatusMap',
  family: 'status_mapping',
  docs: 'What the words mean by which an API says how a job stands.',
  example:
    'type: AsyncJobStatusMap\nrunning: [pending, in_progress]\ncompleted: [done]\nfailed: [error]\ntimeout: [expired]\n',
  fields: {
    running: words('It goes on.'),
    completed: words('It can be downloaded.'),
    failed: words('It is started again, up to three times.'),
    timeout: words('It is stopped and started again.'),
    skipped: words('There is nothing to download.', false),
  },
  problems: (mapping) => {
    const all = pairs(mapping).map(([word]) => word);
    const twice = [...new Set(all.filter((word, index) => all.indexOf(word) < index))];
    return twice.map((word) => ({ message: `${word} stands for two statuses.` }));
  },
  create: (mapping) => new Map(pairs(mapping)),
});

function pairs(mapping: JsonObject): [string, JobStatus][] {
  return STATUSES.flatMap((status) => {
    const named = mapping[status];
    return Array.isArray(named) ? named.map((word): [string, JobStatus] => [String(word), status]) : [];
  });
}
