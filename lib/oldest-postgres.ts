/** The oldest Postgres that Weir is tried against, as its own database and as a destination. Those before get no fixes any more. */
export const OLDEST_POSTGRES = 14;

/** Gives one number, such as 140023 for 14.23. */
export const VERSION_NUMBER = `select current_setting('server_version_num')::int as version`;

/** Such as `13.23`, if the server is older than that; null otherwise. */
export function olderVersion(version: number): string | null {
  const major = Math.floor(version / 10_000);
  return major < OLDEST_POSTGRES ? `${major}.${version % 10_000}` : null;
}
