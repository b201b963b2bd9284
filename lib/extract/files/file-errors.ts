import { type ErrorKind, WeirError, type Where } from '#lib/errors.ts';

const ROW_CHARACTERS = 200;

/** Something about a file, in words that name it. */
export function fileError(
  kind: ErrorKind,
  code: string,
  where: Where & { file: string },
  message: string,
  hint: string,
  cause?: unknown,
): WeirError {
  return new WeirError({ kind, code, message: `${where.file}: ${message}`, hint, where, cause });
}

export function fileChanged(file: string): WeirError {
  const hint = 'Nothing of it was used. It is read anew at the next try; let files be complete before they appear.';
  return fileError('transient', 'file_changed', { file }, 'changed while it was being read.', hint);
}

export function fileNotFound(file: string, cause?: unknown): WeirError {
  const hint = 'Check the path for its spelling, upper and lower case included.';
  return fileError('config', 'file_not_found', { file }, 'there is no such file.', hint, cause);
}

/** Of an uploaded file: whoever reads may not be the one who took it. */
export function uploadNotFound(file: string, cause?: unknown): WeirError {
  const hint =
    'Upload it again. Workers on other machines or in pods of their own see uploads only where the folder uploads is shared with the web server: docs/deploy.md.';
  return fileError('config', 'file_not_found', { file }, 'there is no such upload where the worker runs.', hint, cause);
}

export function isBadRow(error: unknown): boolean {
  return error instanceof WeirError && error.code === 'bad_row';
}

export function badRow(file: string, line: number, raw: string, why: string, hint: string): WeirError {
  const row = raw.length > ROW_CHARACTERS ? `${raw.slice(0, ROW_CHARACTERS)}…` : raw;
  return fileError('config', 'bad_row', { file, line }, `line ${line} ${why}. The row: ${row}`, hint);
}
