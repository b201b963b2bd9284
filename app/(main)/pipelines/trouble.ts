import type { SyncStatus } from '#lib/db/schema.ts';
import { hasFailed } from '#lib/pipelines/training-reports.ts';

/** What decides whether a pipeline is in trouble. */
interface Judged {
  readonly name: string;
  readonly sync: { readonly status: SyncStatus | null };
  readonly dbt: { readonly status: 'success' | 'error' } | null;
  readonly quality: { readonly failed: number } | null;
  readonly training: { readonly status: string } | null;
}

const NAMED = 2;

export function isTroubled({ sync, dbt, quality, training }: Judged): boolean {
  return (
    sync.status === 'failed' ||
    sync.status === 'partial' ||
    dbt?.status === 'error' ||
    (quality?.failed ?? 0) > 0 ||
    (training !== null && hasFailed(training.status))
  );
}

/** The page's first sentence: which pipelines are in trouble. */
export function sentence(pipelines: readonly Judged[]): string {
  if (pipelines.length === 0) return 'No pipeline yet';
  const troubled = pipelines.filter(isTroubled);
  if (troubled.length === 0)
    return pipelines.length === 1 ? 'The pipeline works' : `All ${pipelines.length} pipelines work`;
  const names = troubled.slice(0, NAMED).map(({ name }) => name);
  const more = troubled.length - names.length;
  const who = more > 0 ? `${names.join(', ')} and ${more} more` : names.join(' and ');
  return `${who} ${troubled.length === 1 ? 'is' : 'are'} in trouble`;
}
