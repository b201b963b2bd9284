import type { Issue } from '#lib/errors.ts';
import { WeirError } from '#lib/errors.ts';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

export function suiteNotFound(): WeirError {
  return new WeirError({
    kind: 'config',
    code: 'not_found',
    message: 'There is no such suite.',
    hint: 'It may have been deleted.',
  });
}

export function invalidSuite(issues: readonly Issue[], message = 'The suite was not saved.'): WeirError {
  return new WeirError({ kind: 'config', code: 'invalid_input', message, issues });
}

export function newerSuite(): WeirError {
  return new WeirError({
    ...{ kind: 'config', code: 'newer_suite', message: 'Somebody else has saved this suite since you opened it.' },
    hint: 'Compare theirs with yours, and choose one.',
  });
}

/** What a refused statement means for the one who saved a suite. */
export function readSaveError(error: unknown, name: string): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code === FOREIGN_KEY_VIOLATION)
    return invalidSuite([{ path: 'destinationId', message: 'There is no such destination or connection.' }]);
  if (code !== UNIQUE_VIOLATION) return error;
  const issues = [{ path: 'name', message: 'This name is taken.' }];
  return new WeirError({
    kind: 'config',
    code: 'name_taken',
    message: `There is a suite named ${name} already.`,
    issues,
    cause: error,
  });
}
