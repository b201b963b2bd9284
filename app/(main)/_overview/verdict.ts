import type { Health } from '../../_components/states.ts';

export interface HealthOf {
  readonly id: string;
  readonly name: string;
  readonly health: Health;
  /** Null before the first sync has ended. */
  readonly lastSync: unknown;
}

export interface Verdict {
  /** The worst, named: at most two. */
  readonly named: readonly HealthOf[];
  /** What follows the names, or the whole sentence when nothing is named: `, and 2 more are late`. */
  readonly rest: string;
  /** The second, quieter sentence. */
  readonly detail: string;
}

/** Worst first: a load that is held, then what fails, then what is late. Warnings are not named. */
const NAMED: readonly Health[] = ['blocked', 'failing', 'late'];
const NAMED_AT_MOST = 2;

/** The page's first sentence: who is in trouble, by name, and how many more. */
export function verdictOf(rows: readonly HealthOf[]): Verdict {
  const count = (...of: Health[]) => rows.filter(({ health }) => of.includes(health)).length;
  const trouble = NAMED.flatMap((health) => rows.filter((row) => row.health === health));
  const named = trouble.slice(0, NAMED_AT_MOST);
  return {
    named,
    rest:
      named.length > 0
        ? moreOf(trouble.slice(NAMED_AT_MOST), named.at(-1)?.health)
        : calm(rows, count('retrying', 'warning')),
    detail: detailOf(rows, count),
  };
}

/** How a state is said of one connection: `shop_orders is blocked by quality`. */
export function predicate(health: Health): string {
  return { blocked: 'is blocked by quality', failing: 'is failing' }[health as string] ?? 'is late';
}

/** `2 more are late`; what is like the one named last is `so are 2 more`. */
function moreOf(others: readonly HealthOf[], last: Health | undefined): string {
  if (others.length === 0) return '';
  if (others.every(({ health }) => health === last))
    return `so ${others.length === 1 ? 'is' : 'are'} ${others.length} more`;
  const worst = others[0]?.health;
  const same = others.every(({ health }) => health === worst);
  const verb = others.length === 1 ? 'is' : 'are';
  const word = same && worst ? (worst === 'blocked' ? 'blocked' : worst) : 'in trouble';
  return `${others.length} more ${verb} ${word}`;
}

function calm(rows: readonly HealthOf[], warnings: number): string {
  const total = rows.length;
  if (total === 0) return 'Nothing to watch yet.';
  if (rows.every(({ lastSync }) => lastSync === null)) return 'No pipeline has synced yet.';
  if (warnings > 0) return warnings === 1 ? '1 pipeline has a warning.' : `${warnings} pipelines have a warning.`;
  const synced = rows.filter(({ lastSync }) => lastSync !== null).length;
  if (synced < total) return `${synced} of ${total} pipelines ${synced === 1 ? 'has' : 'have'} synced, on time.`;
  return total === 1 ? 'The one pipeline is on time.' : `All ${total} pipelines are on time.`;
}

function detailOf(rows: readonly HealthOf[], count: (...of: Health[]) => number): string {
  if (rows.length === 0) return 'Pipelines appear here, worst first, once a source is connected to a destination.';
  const warnings = count('retrying', 'warning');
  const fresh = rows.filter(({ health, lastSync }) => lastSync === null && health !== 'paused').length;
  const fine = rows.filter(({ health, lastSync }) => lastSync !== null && isFine(health)).length;
  const paused = count('paused');
  const parts = [
    warnings > 0 && `${warnings} of ${rows.length} pipelines ${warnings === 1 ? 'has' : 'have'} a warning`,
    fine > 0 && fine < rows.length && `${fine} ${fine === 1 ? 'is' : 'are'} on time`,
    fresh > 0 && `${fresh} ${fresh === 1 ? 'waits' : 'wait'} for the first sync to end`,
    paused > 0 && `${paused} ${paused === 1 ? 'is' : 'are'} paused`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? `${parts.join(', ')}.` : '';
}

function isFine(health: Health): boolean {
  return health === 'healthy' || health === 'running';
}
