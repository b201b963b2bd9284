import { WeirError } from '#lib/errors.ts';

const NO_SPACE = /No space left|Disk quota|max_temp_directory_size|failed to offload/i;
const NO_MEMORY = /^Out of Memory/i;

/** What DuckDB says, as an error that says what to do. Its own words go on in the cause. */
export function duckdbError(error: unknown, doing: string): unknown {
  if (!(error instanceof Error) || error instanceof WeirError || 'syscall' in error) return error;
  const said = (error.message.split('\n')[0] ?? '').replace(/\.$/, '');
  if (NO_SPACE.test(error.message)) return failed('config', 'disk_full', `${doing}: ${said}.`, FREE_SPACE, error);
  if (NO_MEMORY.test(error.message)) return failed('terminal', 'out_of_memory', `${doing}: ${said}.`, LESS, error);
  return failed('bug', 'files_not_made', `${doing}: ${said}.`, REPORT, error);
}

/** The words of DuckDB's own in an error. */
export function duckdbWords(error: unknown): string {
  const { cause = error } = error instanceof WeirError ? error : { cause: error };
  return cause instanceof Error ? cause.message : '';
}

const FREE_SPACE =
  'Free space on the worker’s disk: in its data folder, where loads are staged, and in TMPDIR. Nothing that was published before is lost.';
const LESS =
  'Choose fewer fields, a smaller block_size_mb, or longer granularity of the folders by date; and look for records with values of many megabytes.';
const REPORT = 'Nothing was published. Run the sync again; if it stays, report this with the log.';

function failed(kind: 'config' | 'terminal' | 'bug', code: string, message: string, hint: string, cause: Error) {
  return new WeirError({ kind, code, message, hint, cause });
}
