import { type Issue, WeirError } from '#lib/errors.ts';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';
const NAMES_SHOWN = 3;

/** `noun` with its article left out: `source`. */
export function notFound(noun: string): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_found',
    message: `There is no such ${noun}.`,
    hint: 'It may have been deleted.',
  });
}

/** Refuses input with all its problems. Does nothing without any. */
export function refuseIssues(message: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw new WeirError({ kind: 'config', code: 'invalid_input', message, issues });
}

export function inUse(noun: string, by: string, names: readonly string[]): WeirError {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  return new WeirError({
    kind: 'config',
    code: 'in_use',
    message: `This ${noun} is used by ${by} ${shown}${more}.`,
    hint: `Delete ${names.length > 1 ? 'those' : 'that'} first.`,
  });
}

/** Runs a statement that may meet a name that is taken, and says so in place of Postgres. */
export async function withFreeName<T>(noun: string, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw new WeirError({
      kind: 'config',
      code: 'name_taken',
      message: `There is a ${noun} named ${name} already.`,
      hint: 'Choose another name.',
      issues: [{ path: 'name', message: 'This name is taken.' }],
      cause: error,
    });
  }
}

/** Whether a deletion failed because somebody began to use the row in the meantime. */
export function isStillReferenced(error: unknown): boolean {
  return sqlState(error) === FOREIGN_KEY_VIOLATION;
}

export function nameIssues(name: string): Issue[] {
  return typeof name === 'string' && name.trim() && name.length <= 200
    ? []
    : [{ path: 'name', message: 'Give it a name of 1 to 200 characters.' }];
}

function sqlState(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
